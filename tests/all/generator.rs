//! A generator of hostile pages: each grows to any size, and tries to make one rule of the parser,
//! or one step after it, slow, deep or large. `hostile.rs` runs them small, and
//! `benches/hostile.rs` measures how time and memory grow with them.

/// A page's name, and the page itself of about so many bytes.
pub type Generator = (&'static str, fn(usize) -> Vec<u8>);

/// A piece again and again, as often as it goes into so many bytes.
fn many(piece: &str, bytes: usize) -> String {
    piece.repeat((bytes / piece.len()).max(1))
}

/// Pieces with a number each, to so many bytes.
fn numbered(piece: fn(usize) -> String, bytes: usize) -> String {
    let mut out = String::with_capacity(bytes + 100);
    for i in 0.. {
        if out.len() >= bytes {
            break;
        }
        out += &piece(i);
    }
    out
}

/// Equal shares of several pieces, each again and again, one after the other.
fn shares(pieces: &[&str], bytes: usize) -> String {
    let each: usize = pieces.iter().map(|piece| piece.len()).sum();
    let n = (bytes / each).max(1);
    pieces.iter().map(|piece| piece.repeat(n)).collect()
}

fn utf16(text: &str, little: bool) -> Vec<u8> {
    let units = text.encode_utf16();
    units.flat_map(|u| if little { u.to_le_bytes() } else { u.to_be_bytes() }).collect()
}

/// Makes a [`Generator`] of an expression in `n`, the bytes.
macro_rules! pages {
    ($($name:literal: |$n:ident| $page:expr,)*) => {
        vec![$(($name, |$n| Vec::<u8>::from($page))),*]
    };
}

/// All of them.
pub fn pages() -> Vec<Generator> {
    pages! {
        // Nesting.
        "nested elements": |n| many("<div>", n),
        "nested and closed": |n| shares(&["<div>", "</div>"], n) + "<p>end",
        "nested inline elements": |n| shares(&["<span>", "a", "</span>"], n),
        "nested custom elements": |n| shares(&["<x-a>", "</x-b>"], n),
        "nested links with text": |n| many("<a href=b>c<div>", n),
        "nested lists": |n| many("<ul><li>a", n),
        "nested quotations": |n| many("<blockquote>a", n),
        "deep, then siblings": |n| "<span>".repeat(2000) + &many("<i>a</i>", n),
        "deep paragraphs": |n| "<div>".repeat(500) + &many("<p>a", n),
        // Tags.
        "attributes": |n| format!("<p {}>a", numbered(|i| format!("a{i}=b "), n)),
        "kept attributes": |n| many("<b id class alt src rel name>", n),
        "one attribute again and again": |n| format!("<p {}>a", many("class=b ", n)),
        "one long attribute": |n| format!("<p class=\"{}\">a", many("comment ", n)),
        "a long address": |n| format!("<p><a href=\"{}\">a</a>", many("/a", n)),
        "a long style": |n| format!("<p style=\"{}\">a", many("a:b;", n)),
        "classes": |n| numbered(|i| format!("<p class=c{i}>a"), n),
        "links": |n| many("<a href=b>c</a> ", n),
        "links without an end": |n| many("<a href=b>c", n),
        "second body tags": |n| many("<body class=a id=b>", n),
        "tag starts": |n| many("<a", n),
        "end tag starts": |n| many("</", n),
        "less-than signs": |n| many("<", n),
        "spaces in a tag": |n| format!("<p{}>", many(" ", n)),
        "slashes in a tag": |n| format!("<p{}>", many("/", n)),
        // Text.
        "one text": |n| many("tide ", n),
        "one word": |n| many("a", n),
        "one word without spaces": |n| many("潮", n),
        "a short word a line": |n| many("a\n", n),
        "line breaks": |n| many("a<br>", n),
        "double line breaks": |n| many("a<br><br>", n),
        "one preformatted text": |n| format!("<pre>{}", many("a\n", n)),
        "white space": |n| many(" \n", n),
        "ampersands": |n| many("&", n),
        "references": |n| many("&nGt;", n),
        "references without an end": |n| many("&not&#1&CounterClock", n),
        "digits in a reference": |n| format!("&#{};", many("9", n)),
        "NULs": |n| many("\0", n),
        "NULs in a tag": |n| format!("<p{}", many("\0", n)),
        "NULs in an attribute": |n| format!("<p class='{}'>", many("\0", n)),
        "carriage returns": |n| many("\r", n),
        "four-byte characters": |n| many("\u{1f980}<\u{1f980}&\u{1f980}", n),
        "combining marks": |n| many("e\u{301}", n),
        // Encodings.
        "lone surrogates in UTF-8": |n| b"<p>a\xed\xa0\x80".repeat(n / 7 + 1),
        "lone surrogates in UTF-16": |n| [&b"\xff\xfe"[..], &b"a\0\0\xd8".repeat(n / 4)].concat(),
        "broken UTF-8": |n| b"<p>\xc3(\xe2\x82 ".repeat(n / 8 + 1),
        "UTF-16 with a mark": |n| [&b"\xff\xfe"[..], &utf16(&many("<p>tide", n / 2), true)].concat(),
        "UTF-16 without a mark": |n| utf16(&many("<p>tide", n / 2), false),
        "windows-1252": |n| b"<p>caf\xe9 ".repeat(n / 8 + 1),
        // What ends late or never.
        "open comments": |n| many("<!--", n),
        "dashes in a comment": |n| format!("<!{}", many("-", n)),
        "comment ends that are none": |n| format!("<!--{}", many("--x-!", n)),
        "open scripts": |n| many("<script>", n),
        "script escapes": |n| format!("<script>{}", many("<!--<script></script>", n)),
        "script end tags that are none": |n| format!("<script>{}", many("</scrip", n)),
        "open text areas": |n| many("<textarea>", n),
        "raw text ends that are none": |n| format!("<title>{}", many("</titl", n)),
        "a long title": |n| format!("<title>{}</title><p>a", many("tide ", n)),
        "an open quote": |n| format!("<a href=\"{}", many("<p>a", n)),
        "quotes": |n| many("<a b='", n),
        // Tables.
        "table cells": |n| format!("<table>{}", many("<td>a", n)),
        "empty table cells": |n| format!("<table>{}", many("<td>", n)),
        "table rows": |n| format!("<table>{}", many("<tr><td>a<td>b", n)),
        "wide cells": |n| format!("<table>{}", many("<tr><td colspan=1000>a<td>b", n)),
        "high cells": |n| format!("<table>{}", many("<tr><td rowspan=65534>a", n)),
        "tables in cells": |n| many("<table><td>", n),
        "tables in tables": |n| many("<table>", n),
        "fostered text": |n| format!("<table>{}", many("a<tr>", n)),
        "fostered elements": |n| format!("<table>{}", many("<p>a<b>", n)),
        // Formatting elements.
        "formatting elements": |n| shares(&["<b><i>", "a", "</b></i>"], n),
        "formatting elements unlike": |n| {
            numbered(|i| format!("<b id={i}>"), n / 2) + &many("<p>a</p>", n / 2)
        },
        "formatting elements to reopen": |n| numbered(|i| format!("<p><b id={i}>a</p>"), n),
        "links in links": |n| many("<a href=b><div>", n),
        "misnested formatting": |n| many("<b><p>a</b>", n),
        "misnested blocks": |n| format!("<b><div>{}", many("<i><p></b>", n)),
        "blocks to move": |n| format!("<b><div>{}</b>", many("<p>a</p>", n)),
        "objects and a formatting element too many": |n| {
            shares(&["<object>", "<b><b><b><b></b></b></b></b>"], n)
        },
        // Other elements.
        "a paragraph out of scope": |n| "<p><object>".to_owned() + &shares(&["<span>", "<div>"], n),
        "forms": |n| shares(&["<form><div>", "</form>"], n),
        "paragraphs": |n| many("<p>a", n),
        "one list": |n| format!("<ol>{}", many("<li>a", n)),
        "list items": |n| shares(&["<li>", "<ul><li>"], n),
        "headings": |n| shares(&["<h1>", "</h2>"], n),
        "headings with text": |n| many("<h1>a</h1>", n),
        "options": |n| format!("<select>{}", many("<option><optgroup>", n)),
        "templates": |n| shares(&["<template>", "</template>"], n),
        "templates of cells": |n| many("<template><td>", n),
        "foreign content": |n| shares(&["<svg><desc>", "</p>"], n),
        "foreign end tags": |n| shares(&["<math>", "</x>"], n),
        "CDATA sections": |n| format!("<svg>{}", many("<![CDATA[", n)),
        "frame sets": |n| shares(&["<frameset>", "</frameset>"], n),
        "noscripts": |n| many("<noscript>a</noscript>", n),
        // Data in scripts.
        "brackets in a script": |n| format!("<script>a={}", many("[", n)),
        "objects in a script": |n| format!("<script>a={}", many("{\"", n)),
        "keys in a script": |n| {
            format!("<script>a={{{}", numbered(|i| format!("\"k{}\":\"a b\",", "l".repeat(i % 60)), n))
        },
        "parsed strings in a script": |n| format!("<script>{}", many("JSON.parse('[\\", n)),
        "assignments in a script": |n| format!("<script>{}", many("={a:\"", n)),
        "escapes in a script": |n| format!("<script>a=[\"{}", many("\\u{", n)),
        "rows in a script": |n| format!("<script>a=[\"1:T\\n{}\"]", many("a:T\\n", n)),
        "tag starts in a script": |n| format!("<script>a={{body:\"a {}\"}}", many("< ", n)),
        "texts in a script": |n| {
            format!("<script>a=[{}]", many("{\"body\":\"<p>The boat left the quay at six.</p>\"},", n))
        },
        "one text in a script": |n| {
            format!("<script>a={{body:\"{}\"}}", many("<p>The boat left the quay at six.</p>", n))
        },
        "JSON in attributes": |n| many("<b a='{\"body\":\"The boat left\"}'>", n),
        "open JSON in attributes": |n| many("='{&quot;", n),
        // Metadata.
        "metadata": |n| many("<meta property=og:title content=a>", n),
        "bylines": |n| many("<p class=byline>By Ann Lee, Jo Roe<time>1 May 2020</time>", n),
        "item properties": |n| many("<b itemprop='author name'>Ann Lee</b>", n),
        "JSON-LD": |n| many("<script type=application/ld+json>{\"@type\":\"Article\"}</script>", n),
        "brackets in JSON-LD": |n| format!("<script type=application/ld+json>{}", many("[", n)),
        "broken JSON-LD": |n| format!("<script type=application/ld+json>{}", many("{\"a\":}],", n)),
        "JSON-LD authors": |n| {
            let authors = many("{\"name\":\"Ann Lee\"},", n);
            format!("<script type=application/ld+json>{{\"@type\":\"Article\",\"author\":[{authors}{{}}]}}</script>")
        },
    }
}
