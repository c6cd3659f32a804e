//! Runs one extractor over pages and prints the seconds that it took, from the first file read to
//! the last text written: `peers ENGINE FILE...`. Run by compare_speed.py.

use std::io::Write;
use std::time::Instant;
use std::{env, fs};

fn main() {
    let mut args = env::args().skip(1);
    let engine = args.next().expect("an engine");
    let extract: fn(&str) -> Option<String> = match engine.as_str() {
        "dom_smoothie" => |html| {
            let article = dom_smoothie::Readability::new(html, None, None).ok()?.parse().ok()?;
            Some(article.text_content.to_string())
        },
        "rs-trafilatura" => |html| Some(rs_trafilatura::extract(html).ok()?.content_text),
        _ => panic!("unknown engine {engine}"),
    };
    let mut out = fs::File::create("/dev/null").expect("/dev/null");
    let start = Instant::now();
    for file in args {
        let bytes = fs::read(&file).expect("a page");
        // A page that an engine cannot do costs what it costs.
        let text = extract(&String::from_utf8_lossy(&bytes)).unwrap_or_default();
        out.write_all(text.as_bytes()).expect("to be written");
    }
    println!("{}", start.elapsed().as_secs_f64());
}
