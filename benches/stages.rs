//! Where a page's time goes: each stage by itself and the whole, on the pages of `examples/`.
//! Times are those of all these pages together; throughput is in bytes of HTML.
//!
//!     cargo bench --bench stages
//!     DEHUSK_PAGES=DIR cargo bench --bench stages     # the .html files of a directory instead

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dehusk::extract::{Extractor, HTML_MODEL, Options, choose};
use dehusk::features::{Outline, Texts};
use dehusk::label::{Label, Profile};
use dehusk::lexical::Tokens;
use dehusk::metadata::metadata;
use dehusk::model::Scores;
use dehusk::page_type::figures::figures;
use dehusk::record::Record;
use dehusk::segment::Blocks;
use dehusk::sink::JsonLines;
use dehusk::source::Kind;
use dehusk::{assemble, dom, encoding};

/// The pages as files hold them.
fn pages() -> Vec<Vec<u8>> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/html");
    let directory = env::var_os("DEHUSK_PAGES").map_or(examples, PathBuf::from);
    let mut files: Vec<_> = fs::read_dir(directory).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    files.iter().map(|path| fs::read(path).unwrap()).collect()
}

fn stages(c: &mut Criterion) {
    let files = pages();
    let decode = |file: &Vec<u8>| encoding::decode_html(&file[..], None).0.into_owned();
    let pages: Vec<String> = files.iter().map(decode).collect();
    let documents: Vec<_> = pages.iter().map(|page| dom::parse(page)).collect();
    let blocks: Vec<_> = documents.iter().map(Blocks::of_document).collect();
    let both = || documents.iter().zip(&blocks);
    let texts: Vec<_> = both().map(|(d, b)| Texts::of_document(d, b)).collect();
    let outlines = both().zip(&texts).map(|((d, b), texts)| Outline::new(Some(d), b, texts));
    let outlines: Vec<_> = outlines.collect();
    let tokens: Vec<_> = both().map(|(d, b)| Tokens::of_document(d, b)).collect();
    let classifier = &HTML_MODEL.classifier;
    let predict =
        |i: usize| classifier.predict(&outlines[i], &classifier.lexical(&tokens[i]), None);
    let scores: Vec<_> = (0..outlines.len()).map(predict).collect();
    let keep = Profile::Article.keep();
    let words: Vec<&[u32]> = outlines.iter().map(|page| &page.layout().words[..]).collect();
    let choices: Vec<_> = words.iter().zip(&scores).map(|(w, s)| choose(w, s, keep)).collect();
    let labels: Vec<Vec<Label>> = scores.iter().map(Scores::labels).collect();
    let options = Options::default();
    let extract =
        |i: usize| Extractor::default().extract("", None, Kind::Html, &pages[i], &options).unwrap();
    let records: Vec<Record> = (0..pages.len()).map(extract).collect();

    let mut group = c.benchmark_group("stages");
    group.sample_size(10);
    group.throughput(Throughput::Bytes(pages.iter().map(|page| page.len() as u64).sum()));
    let mut stage = |name: &str, run: &dyn Fn(usize)| {
        group.bench_function(name, |b| b.iter(|| (0..pages.len()).for_each(run)));
    };
    stage("decode", &|i| drop(black_box(encoding::decode_html(&files[i][..], None))));
    stage("parse", &|i| drop(black_box(dom::parse(&pages[i]))));
    stage("segment", &|i| drop(black_box(Blocks::of_document(&documents[i]))));
    stage("features", &|i| {
        let (document, blocks) = (&documents[i], &blocks[i]);
        let texts = Texts::of_document(document, blocks);
        black_box(Outline::new(Some(document), blocks, &texts));
        black_box(Tokens::of_document(document, blocks));
    });
    stage("model", &|i| drop(black_box(predict(i))));
    stage("page type", &|i| drop(black_box(figures(&documents[i], &texts[i], None))));
    stage("choose", &|i| drop(black_box(choose(words[i], &scores[i], keep))));
    stage("assemble", &|i| {
        drop(black_box(assemble::text(Some(&documents[i]), &blocks[i], &choices[i].keep)));
    });
    stage("metadata", &|i| {
        drop(black_box(metadata(&documents[i], &blocks[i], Some(&labels[i]), None)));
    });
    stage("write", &|i| JsonLines(io::sink()).write(black_box(&records[i])).unwrap());
    stage("whole", &|i| drop(black_box(extract(i))));
    group.finish();
}

criterion_group!(benches, stages);
criterion_main!(benches);
