//! Speed of the two parsers on the example pages, in bytes of HTML a second.
//!
//! `cargo bench --bench parse`

use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dehusk::dom::{Limits, html5, scan};

fn examples() -> Vec<String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/html");
    let mut paths: Vec<_> = std::fs::read_dir(directory)
        .expect("the examples")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "html"))
        .collect();
    paths.sort();
    let read = |path: &PathBuf| std::fs::read(path).expect("an example");
    paths.iter().map(|path| String::from_utf8_lossy(&read(path)).into_owned()).collect()
}

fn parse(c: &mut Criterion) {
    let pages = examples();
    let mut group = c.benchmark_group("parse");
    group.throughput(Throughput::Bytes(pages.iter().map(|page| page.len() as u64).sum()));
    let mut parser = scan::Parser::default();
    group.bench_function("scan", |b| {
        b.iter(|| {
            for page in &pages {
                black_box(parser.parse(black_box(page), Limits::default()));
            }
        })
    });
    group.bench_function("html5", |b| {
        b.iter(|| {
            for page in &pages {
                black_box(html5::parse(black_box(page)));
            }
        })
    });
    group.finish();
}

criterion_group!(benches, parse);
criterion_main!(benches);
