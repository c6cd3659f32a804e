//! Where a page's time goes: each stage by itself and the whole, on the pages of `examples/`.
//! Times are those of all these pages together; throughput is in bytes of HTML.

use std::fs;
use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dehusk::extract::{Extractor, HTML_MODEL, Options, choose};
use dehusk::features::Page;
use dehusk::label::Profile;
use dehusk::metadata::metadata;
use dehusk::segment::Blocks;
use dehusk::source::Kind;
use dehusk::{assemble, dom, encoding};

fn pages() -> Vec<String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/html");
    let mut files: Vec<_> = fs::read_dir(directory).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let decode = |path| encoding::decode_html(fs::read(path).unwrap(), None).0.into_owned();
    files.into_iter().map(decode).collect()
}

fn stages(c: &mut Criterion) {
    let pages = pages();
    let documents: Vec<_> = pages.iter().map(|page| dom::parse(page)).collect();
    let blocks: Vec<_> = documents.iter().map(Blocks::of_document).collect();
    let both = || documents.iter().zip(&blocks);
    let features: Vec<_> = both().map(|(d, b)| Page::of_document(d, b)).collect();
    let scores: Vec<_> = features.iter().map(|page| HTML_MODEL.classifier.predict(page)).collect();
    let keep = Profile::Article.keep();
    let choices: Vec<_> = blocks.iter().zip(&scores).map(|(b, s)| choose(b, s, keep)).collect();
    let options = Options::default();

    let mut group = c.benchmark_group("stages");
    group.throughput(Throughput::Bytes(pages.iter().map(|page| page.len() as u64).sum()));
    let mut stage = |name: &str, run: &dyn Fn(usize)| {
        group.bench_function(name, |b| b.iter(|| (0..pages.len()).for_each(run)));
    };
    stage("parse", &|i| drop(black_box(dom::parse(&pages[i]))));
    stage("segment", &|i| drop(black_box(Blocks::of_document(&documents[i]))));
    stage("features", &|i| drop(black_box(Page::of_document(&documents[i], &blocks[i]))));
    stage("model", &|i| drop(black_box(HTML_MODEL.classifier.predict(&features[i]))));
    stage("choose", &|i| drop(black_box(choose(&blocks[i], &scores[i], keep))));
    stage("assemble", &|i| {
        drop(black_box(assemble::text(Some(&documents[i]), &blocks[i], &choices[i].keep)));
    });
    stage("metadata", &|i| {
        drop(black_box(metadata(&documents[i], &blocks[i], None, None)));
    });
    stage("whole", &|i| {
        drop(black_box(Extractor::default().extract("", None, Kind::Html, &pages[i], &options)));
    });
    group.finish();
}

criterion_group!(benches, stages);
criterion_main!(benches);
