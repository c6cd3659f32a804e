//! The program as its user meets it: the real binary, run in temporary directories.

use std::fmt::Write as _;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use dehusk::label::Label;
use dehusk::labelled::{self, Truth};
use dehusk::measures::word_f1;
use dehusk::record::{FIELDS, Record};
use dehusk::source::{Limits, read_file};
use flate2::Compression;
use flate2::write::GzEncoder;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tempfile::{TempDir, tempdir};

/// What a run of the program left behind.
struct Run {
    status: i32,
    stdout: String,
    stderr: String,
}

impl Run {
    fn records(&self) -> Vec<Record> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn ids(&self) -> Vec<String> {
        self.records().into_iter().map(|record| record.id).collect()
    }

    #[track_caller]
    fn expect(self, status: i32) -> Run {
        assert_eq!(self.status, status, "{}", self.stderr);
        self
    }
}

fn command(directory: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dehusk"));
    command.args(args).current_dir(directory).env_remove("RUST_LOG");
    command
}

fn dehusk(directory: &Path, args: &[&str]) -> Run {
    run_of(command(directory, args).output().unwrap())
}

fn run_of(output: Output) -> Run {
    Run {
        status: output.status.code().expect("an exit, not a signal"),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs with `input` on standard input.
fn dehusk_with(directory: &Path, args: &[&str], input: &str) -> Run {
    let mut command = command(directory, args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let written = child.stdin.take().unwrap().write_all(input.as_bytes());
    let run = run_of(child.wait_with_output().unwrap());
    match written {
        // A program that refuses what it is asked may end before it reads.
        Err(error) if error.kind() == ErrorKind::BrokenPipe && run.status != 0 => {}
        written => written.unwrap(),
    }
    run
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn examples(args: &[&str]) -> Run {
    dehusk(repository(), &[&["clean", "examples"], args].concat()).expect(0)
}

fn directory(files: &[(&str, &[u8])]) -> TempDir {
    let directory = tempdir().unwrap();
    for (name, bytes) in files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    directory
}

/// The names in a directory, sorted.
fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

const SENTENCE: &str = "The tide came in over the flats, slowly at first, and then it ran through \
    every channel faster than a horse could follow it across the sand.";

fn page() -> Vec<u8> {
    let others = "<p>By noon the boats lay on their sides again, and the children walked out to them \
        with buckets and came back with cockles and a crab.</p><p>Nobody could say who had built the \
        old causeway, though its stones still show when the water is at its lowest in March.</p><p>In \
        the evening the wind turned to the north, and the harbour master had the lamps lit an hour \
        before their time.</p>";
    let paragraphs = format!("<p>{SENTENCE}</p>{others}<p>{SENTENCE}</p>");
    format!("<title>Tides</title><nav><a href=/>Home</a></nav><article>{paragraphs}</article>")
        .into()
}

mod clean {
    use super::*;

    /// Word F1 that no example may fall below, and that all must have on average.
    const FLOOR: f64 = 0.75;
    const MEAN_FLOOR: f64 = 0.93;

    #[test]
    fn the_examples_give_a_record_each_in_the_order_of_their_names() {
        let run = examples(&[]);
        let html = names(&repository().join("examples/html"));
        let mut expected: Vec<String> = html.iter().map(|name| format!("html/{name}")).collect();
        expected.push("leaked.txt".to_owned());
        assert_eq!(expected.len(), 14);
        assert_eq!(run.ids(), expected);
        assert!(
            run.stderr.starts_with("14 pages done, 0 failed, 14 files skipped; "),
            "{}",
            run.stderr
        );
    }

    #[test]
    fn the_text_of_an_example_is_its_body_and_not_what_stands_around_it() {
        let records = examples(&[]).records();
        let pages = labelled::read_dirs(&[repository().join("examples")]).unwrap().pages;
        let mut sum = 0.0;
        for page in &pages {
            let stem = page.id.strip_prefix("examples/").unwrap();
            let record =
                records.iter().find(|r| Path::new(&r.id).file_stem().unwrap() == stem).unwrap();
            let Truth::Blocks(blocks) = &page.truth else { panic!("{}: no labels", page.id) };
            let body = blocks.iter().filter(|(_, label)| *label == Label::Body);
            let body: Vec<&str> = body.map(|(text, _)| text.as_str()).collect();
            let f1 = word_f1(&record.text, &body.join("\n")).f1;
            assert!(f1 > FLOOR, "{stem}: {f1:.3}");
            sum += f1;
        }
        assert!(sum / pages.len() as f64 > MEAN_FLOOR, "{}", sum / pages.len() as f64);
    }
    #[test]
    fn a_page_in_an_old_encoding_and_one_inside_noscript_are_read() {
        let records = examples(&[]).records();
        let text = |id: &str| records.iter().find(|r| r.id == id).unwrap().text.as_str();
        for (id, inside, outside) in [
            (
                "html/news-harbour.html",
                "The decision came at ten minutes to midnight",
                "store cookies",
            ),
            ("html/news-ja.html", "きっかけは二〇一九年の台風だった", "無料会員登録"),
            ("html/news-de.html", "„Wir haben eine Kette gebildet", "Privatsphäre"),
            (
                "html/forum-noscript.html",
                "A lot of boats were fitted out with 2.5 mm² for a run",
                "Log In",
            ),
        ] {
            assert!(text(id).contains(inside), "{id}: {}", text(id));
            assert!(!text(id).contains(outside), "{id}: {}", text(id));
        }
    }

    #[test]
    fn the_number_of_threads_changes_no_byte() {
        for format in ["jsonl", "md"] {
            let one = examples(&["--format", format, "--jobs", "1"]);
            for jobs in ["2", "8"] {
                assert_eq!(examples(&["--format", format, "--jobs", jobs]).stdout, one.stdout);
            }
        }
    }

    #[test]
    fn css_selectors_help_where_a_site_needs_it() {
        let blocks = |args: &[&str]| {
            let page = "examples/html/news-harbour.html";
            dehusk(
                repository(),
                &[&["clean", page, "--profile", "all", "--format", "txt"], args].concat(),
            )
        };
        let whole = blocks(&[]).expect(0).stdout;
        assert!(whole.contains("Sponsored") && whole.contains("Sign in"));
        let removed = blocks(&["--remove", "header", "--remove", ".ad-slot"]).expect(0).stdout;
        assert!(!removed.contains("Sign in\n") && removed.contains("Dafydd Orme"));
        let selected = blocks(&["--select", "article p"]).expect(0).stdout;
        assert!(selected.contains("Dafydd Orme") && !selected.contains("Seals, silt"));
        let refused = blocks(&["--select", "p["]).expect(2);
        assert!(refused.stderr.contains("no CSS selector"), "{}", refused.stderr);
    }

    #[test]
    fn rules_choose_parts_of_the_pages_of_a_site() {
        let scratch = tempdir().unwrap();
        let rules = scratch.path().join("rules.toml");
        let rows = scratch.path().join("rows.jsonl");
        let html = "<p>one tide</p><aside>two tides</aside>";
        let row = |host: &str| format!("{{\"url\":\"https://{host}/\",\"html\":\"{html}\"}}\n");
        fs::write(&rows, row("news.a.example") + &row("b.example")).unwrap();
        let clean = || {
            let [rows, rules] = [&rows, &rules].map(|path| path.to_str().unwrap());
            dehusk(repository(), &["clean", rows, "--profile", "all", "--rules", rules])
        };
        fs::write(&rules, "[[site]]\nhost = \"a.example\"\ndrop = [\"aside\"]\n").unwrap();
        let texts: Vec<String> = clean().expect(0).records().into_iter().map(|r| r.text).collect();
        assert_eq!(texts, ["one tide", "one tide\n\ntwo tides"]);
        fs::write(&rules, "[[site]]\nhost = \"a.example\"\ndrop = [\"aside[\"]\n").unwrap();
        let refused = clean().expect(2).stderr;
        assert!(refused.contains("rules.toml:3: \"aside[\" is no CSS selector"), "{refused}");
    }

    #[test]
    fn a_page_beyond_a_limit_fails_and_the_others_are_done() {
        let scratch = tempdir().unwrap();
        fs::write(scratch.path().join("a.html"), "<p>a".repeat(20)).unwrap();
        fs::write(scratch.path().join("b.html"), "<p>a").unwrap();
        let run = dehusk(scratch.path(), &["clean", ".", "--max-blocks", "10"]).expect(1);
        assert!(run.stderr.contains("a.html: more blocks than the limit of 10"), "{}", run.stderr);
        assert_eq!(run.records().len(), 1);
    }

    #[test]
    fn a_profile_or_a_list_of_labels_chooses_what_is_kept() {
        let title = "Councillors back charging pier for electric ferries after six-hour debate";
        let cookies = "We and our 214 partners store cookies";
        let harbour = |args: &[&str]| {
            let input = repository().join("examples/html/news-harbour.html");
            let args = [&["clean", input.to_str().unwrap()], args].concat();
            dehusk(repository(), &args).expect(0).records().remove(0).text
        };
        assert!(!harbour(&[]).contains(title));
        assert!(harbour(&["--profile", "page"]).contains(title));
        assert!(harbour(&["--profile", "all"]).contains(cookies));
        let legal = harbour(&["--keep", "legal"]);
        assert!(legal.contains(cookies) && !legal.contains("ten minutes to midnight"), "{legal}");
    }

    #[test]
    fn every_format_has_every_page() {
        let texts = examples(&["--format", "txt"]).stdout;
        assert_eq!(texts.split("\x0c\n").filter(|text| !text.trim().is_empty()).count(), 14);
        let markdown = examples(&["--format", "md"]).stdout;
        assert_eq!(markdown.split("\x0c\n").filter(|text| !text.trim().is_empty()).count(), 14);
        assert!(markdown.contains("\n## "), "no heading in {markdown}");

        let table = examples(&["--format", "csv"]).stdout;
        let mut table = csv::Reader::from_reader(table.as_bytes());
        assert_eq!(table.headers().unwrap(), vec!["id", "index", "label", "score", "tag", "text"]);
        let rows = table.records().map(Result::unwrap).count();
        let blocks = examples(&["--blocks"]).records().into_iter().map(|r| r.blocks.unwrap().len());
        assert_eq!(rows, blocks.sum::<usize>());
    }

    #[test]
    fn an_output_file_is_whole_and_gzipped_where_its_name_says_so() {
        let temporary = directory(&[]);
        let path = temporary.path().join("out.jsonl.gz");
        let run = examples(&["-o", path.to_str().unwrap()]);
        assert!(run.stdout.is_empty());
        let mut unzipped = flate2::read::GzDecoder::new(fs::File::open(path).unwrap());
        assert_eq!(std::io::read_to_string(&mut unzipped).unwrap(), examples(&[]).stdout);
        assert_eq!(names(temporary.path()), ["out.jsonl.gz"]);
    }

    #[test]
    fn an_output_directory_gets_one_file_a_page() {
        let page = page();
        let temporary =
            directory(&[("in/a/1.html", &page), ("in/2.html", &page), ("two/2.html", &page)]);
        dehusk(temporary.path(), &["clean", "in", "-o", "out/", "--format", "txt"]).expect(0);
        let text = fs::read_to_string(temporary.path().join("out/a/1.html.txt")).unwrap();
        assert!(text.starts_with(SENTENCE) && text.ends_with("sand.\n"), "{text}");
        assert_eq!(names(&temporary.path().join("out")), ["2.html.txt", "a"]);

        let run = dehusk(temporary.path(), &["clean", "in", "two", "-o", "out", "--format", "md"])
            .expect(1);
        assert!(run.stderr.contains("2.html: another page of this run has the file 2.html.md"));
        dehusk(temporary.path(), &["clean", "in", "-o", "out"]).expect(2);
    }

    #[test]
    fn rows_from_standard_input_keep_their_ids_and_broken_ones_are_told() {
        let html = String::from_utf8(page()).unwrap();
        let row = serde_json::json!({"id": "one", "url": "https://tides.example/1", "html": html});
        let text = serde_json::json!({"id": 2, "text": format!("{SENTENCE}\n\n{SENTENCE}")});
        let rows = format!("{row}\n{{\"html\": \n{text}\n");
        let run = dehusk_with(Path::new("."), &["clean", "-", "--input-format", "jsonl"], &rows)
            .expect(1);
        assert_eq!(run.ids(), ["one", "2"]);
        let record = &run.records()[0];
        assert_eq!(record.url.as_deref(), Some("https://tides.example/1"));
        assert!(record.text.contains(SENTENCE) && !record.text.contains("Home"));
        assert!(run.stderr.contains("stdin:2: broken row"), "{}", run.stderr);
    }

    #[test]
    fn bytes_that_are_no_page_harm_no_other_page() {
        let mut state = 1_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        };
        let random: Vec<u8> = (0..100_000).map(|_| random()).collect();
        let (page, zipped) = (page(), gzip(&page()));
        let broken_utf8 =
            [b"<meta charset=utf-8><p>", &page[..], b"\xFF\xC3(\xE2\x82", &page].concat();
        let temporary = directory(&[
            ("crawl/bomb.html", "<div>".repeat(200_000).as_bytes()),
            ("crawl/cut.html.gz", &zipped[..zipped.len() / 2]),
            ("crawl/empty.html", b""),
            ("crawl/empty.txt", b""),
            ("crawl/good.html.gz", &zipped),
            ("crawl/inline.html", "<b><a href=x>".repeat(100_000).as_bytes()),
            ("crawl/nuls.html", &[0; 10_000]),
            ("crawl/random.html", &random),
            ("crawl/random.txt", &random),
            ("crawl/utf8.html", &broken_utf8),
        ]);
        let run =
            dehusk(temporary.path(), &["clean", "crawl", "--errors", "errors.jsonl"]).expect(1);
        let ids = run.ids();
        assert_eq!(ids.len(), 7);
        let text_of = |id: &str| run.records().into_iter().find(|r| r.id == id).unwrap().text;
        assert!(text_of("good.html.gz").contains(SENTENCE));
        assert!(text_of("utf8.html").contains(SENTENCE));

        let errors = fs::read_to_string(temporary.path().join("errors.jsonl")).unwrap();
        let errors: Vec<serde_json::Value> =
            errors.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let expected = [
            ("bomb.html", "more elements"),
            ("cut.html.gz", "broken gzip"),
            ("inline.html", "more elements"),
        ];
        assert_eq!(errors.len(), expected.len(), "{errors:?}");
        for (error, (id, reason)) in errors.iter().zip(expected) {
            assert_eq!(error["id"], id);
            assert!(error["error"].as_str().unwrap().starts_with(reason), "{error}");
            assert!(!run.stderr.contains(id), "{}", run.stderr);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_page_that_is_gone_or_too_large_fails_alone() {
        let (page, large) = (page(), page().repeat(100));
        let temporary = directory(&[("crawl/a.html", &page), ("crawl/c.html", &large)]);
        std::os::unix::fs::symlink("nowhere", temporary.path().join("crawl/b.html")).unwrap();
        let run =
            dehusk(temporary.path(), &["clean", "crawl", "--max-page-bytes", "10000"]).expect(1);
        assert_eq!(run.ids(), ["a.html"]);
        assert!(run.stderr.contains("b.html: cannot be read: No such file"), "{}", run.stderr);
        assert!(
            run.stderr.contains("c.html: larger than the limit of 10000 bytes"),
            "{}",
            run.stderr
        );
    }

    #[test]
    fn a_page_is_not_too_large_because_its_file_is() {
        let page = page();
        let mut stored = GzEncoder::new(Vec::new(), Compression::none());
        stored.write_all(&page).unwrap();
        let stored = stored.finish().unwrap();
        assert!(stored.len() > page.len());
        let temporary = directory(&[("page.html.gz", &stored)]);
        let limit = page.len().to_string();
        let run = dehusk(temporary.path(), &["clean", "page.html.gz", "--max-page-bytes", &limit]);
        assert_eq!(run.expect(0).ids(), ["page.html.gz"]);
    }

    #[test]
    fn nothing_to_do_is_an_error_and_leaves_no_file() {
        let page = page();
        let temporary = directory(&[("page.html", &page), ("data/notes.pdf", b"%PDF")]);
        for (args, reason) in [
            (vec!["clean", "gone.html", "-o", "out"], "gone.html: No such file"),
            (vec!["clean", "page.html", "gone", "-o", "out"], "gone: No such file"),
            (vec!["clean", "data", "-o", "out"], "no pages in the input, 1 files skipped"),
            (vec!["clean", "page.html", "-o", "out", "--model", "page.html"], "not a dehusk model"),
            (
                vec!["clean", "page.html", "-o", "out", "--keep", "headline"],
                "expected one of title",
            ),
            (
                vec!["clean", "page.html", "-o", "out", "--format", "txt", "--blocks"],
                "--blocks needs",
            ),
            (vec!["clean", "page.html", "-o", "no/such/out"], "cannot write no/such/out"),
            (vec!["clean"], "Usage"),
            (
                vec!["clean", "page.html", "--profile", "page", "--keep", "body"],
                "cannot be used with",
            ),
        ] {
            let run = dehusk(temporary.path(), &args).expect(2);
            assert!(run.stderr.contains(reason), "{args:?}: {}", run.stderr);
            assert!(run.stdout.is_empty());
        }
        assert_eq!(names(temporary.path()), ["data", "page.html"]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error_and_leaves_no_file() {
        let page = page();
        let temporary =
            directory(&[("in/page.html", &page), ("in/cut.html.gz", &gzip(&page)[..40])]);
        for args in
            [["-o", "/dev/full", "--errors", "errors"], ["-o", "out", "--errors", "/dev/full"]]
        {
            let run = dehusk(temporary.path(), &[&["clean", "in"], &args[..]].concat()).expect(2);
            assert!(run.stderr.contains("No space left"), "{}", run.stderr);
        }
        assert_eq!(names(temporary.path()), ["in"]);
    }

    #[test]
    fn an_output_that_would_be_read_as_input_is_refused() {
        let page = page();
        let temporary = directory(&[("page.html", &page)]);
        let args = ["clean", ".", "-o", "out.jsonl"];
        dehusk(temporary.path(), &args).expect(0);
        let run = dehusk(temporary.path(), &args).expect(2);
        assert!(run.stderr.contains("out.jsonl lies in the input ."), "{}", run.stderr);
        let run =
            dehusk(temporary.path(), &["clean", ".", "-o", "texts/", "--format", "txt"]).expect(2);
        assert!(run.stderr.contains("texts/ lies in the input ."), "{}", run.stderr);
    }

    #[cfg(unix)]
    #[test]
    fn a_closed_pipe_is_told_since_the_output_is_not_whole() {
        let mut command = command(repository(), &["clean", "examples", "--blocks"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains("whoever read the output has gone"), "{stderr}");
    }

    #[test]
    fn the_files_of_other_programs_are_read() {
        let directory = repository().join("tests/warc");
        for (name, skipped) in [
            ("warcio.warc.gz", "3 request, 1 response not HTML, 1 revisit, 1 warcinfo"),
            ("fastwarc.warc.gz", "1 response not HTML"),
            ("fastwarc.warc.zst", "1 response not HTML"),
        ] {
            let run = dehusk(&directory, &["clean", name]).expect(0);
            assert_eq!(run.ids(), ["<urn:uuid:0>", "<urn:uuid:1>"], "{name}");
            for record in run.records() {
                assert!(record.text.contains("the caf\u{e9} says"), "{name}: {}", record.text);
                assert!(record.url.unwrap().starts_with("https://tides.example/"), "{name}");
            }
            let first: serde_json::Value =
                serde_json::from_str(run.stdout.lines().next().unwrap()).unwrap();
            assert_eq!(
                (&first["warc_date"], &first["http_status"]),
                (&"2024-05-01T12:00:00Z".into(), &200.into())
            );
            assert!(run.stderr.contains(&format!("records skipped: {skipped};")), "{}", run.stderr);
        }
    }

    #[test]
    fn rows_go_through_parquet_with_their_other_columns() {
        let html = String::from_utf8(page()).unwrap();
        let row = |id: u32| serde_json::json!({"key": id, "raw": html, "title": "Mine", "n": id});
        let rows = format!("{}\n{}\n", row(1), row(2));
        let temporary =
            directory(&[("rows.jsonl.zst", &zstd::encode_all(rows.as_bytes(), 3).unwrap())]);
        let columns = ["--html-column", "raw", "--id-column", "key"];
        let to_parquet = ["clean", "rows.jsonl.zst", "--format", "parquet", "-o", "a.parquet"];
        dehusk(temporary.path(), &[&to_parquet[..], &columns].concat()).expect(0);

        let file = fs::File::open(temporary.path().join("a.parquet")).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        let names = reader.metadata().file_metadata().key_value_metadata().unwrap().clone();
        let value = |name: &str| names.iter().find(|n| n.key == name).unwrap().value.clone();
        assert_eq!(value("dehusk.version").as_deref(), Some(env!("CARGO_PKG_VERSION")));
        assert!(value("dehusk.html_model").unwrap().contains("\"schema\":\"html\""));
        let schema = reader.schema().clone();
        let columns: Vec<&str> =
            schema.fields().iter().map(|field| field.name().as_str()).collect();
        assert_eq!(columns, [&FIELDS[..10], &["extra"]].concat());

        // Its text is cleaned once more, from a file and from a pipe; the title is passed through.
        let again = ["clean", "a.parquet", "--html-column", "none"];
        let run = dehusk(temporary.path(), &again).expect(0);
        assert_eq!(run.ids(), ["1", "2"]);
        assert!(run.records()[1].text.contains(SENTENCE));
        let first: serde_json::Value =
            serde_json::from_str(run.stdout.lines().next().unwrap()).unwrap();
        assert_eq!(first["input_title"], "Tides");
        assert_eq!(first["extra"], r#"{"n":1,"input_title":"Mine"}"#);
        let mut piped = command(temporary.path(), &["clean", "-", "--html-column", "none"]);
        piped.stdin(fs::File::open(temporary.path().join("a.parquet")).unwrap());
        assert_eq!(String::from_utf8(piped.output().unwrap().stdout).unwrap(), run.stdout);

        let run = dehusk(temporary.path(), &["clean", "a.parquet", "--text-column", "none"]);
        let expected = "neither a column \"html\" nor \"none\" among the columns id, url, title";
        assert!(run.expect(1).stderr.contains(expected));
    }

    #[test]
    fn the_shards_make_the_whole() {
        let whole = examples(&[]).ids();
        let shards = ["1/3", "2/3", "3/3"].map(|shard| examples(&["--shard", shard]).ids());
        let dealt: Vec<&String> = (0..whole.len()).map(|i| &shards[i % 3][i / 3]).collect();
        assert_eq!(dealt, whole.iter().collect::<Vec<_>>());
        dehusk(repository(), &["clean", "examples", "--shard", "4/3"]).expect(2);
    }

    #[test]
    fn a_model_that_is_broken_or_of_other_features_is_refused() {
        let model = fs::read(repository().join("models/html.model")).unwrap();
        let end = model.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(1).unwrap().0;
        let header = str::from_utf8(&model[..end]).unwrap();
        let other = header.replace(r#""schema":"html""#, r#""schema":"text""#);
        assert_ne!(header, other);
        let page = page();
        let temporary = directory(&[
            ("page.html", &page),
            ("cut.model", &model[..model.len() / 2]),
            ("other.model", &[other.as_bytes(), &model[end..]].concat()),
        ]);
        for (name, reason) in [
            ("cut.model", "cannot use the model cut.model: "),
            ("other.model", "trained on other features"),
            ("gone.model", "No such file"),
        ] {
            let run = dehusk(temporary.path(), &["clean", "page.html", "--model", name]).expect(2);
            assert!(run.stderr.contains(reason), "{}", run.stderr);
            assert!(run.stdout.is_empty());
        }
    }
}

/// Writes labelled pages of `sites` sites with 2 pages each, all made by one plan.
fn labelled_pages(directory: &Path, sites: usize) {
    const WORDS: [&str; 16] = [
        "the", "harbour", "of", "a", "boat", "and", "to", "tide", "was", "in", "that", "stone",
        "with", "slow", "river", "it",
    ];
    let mut state = sites as u64;
    let mut words = |count: usize| {
        let word = |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            WORDS[(state >> 60) as usize]
        };
        (0..count).map(word).collect::<Vec<_>>().join(" ")
    };
    for folder in ["html", "labels"] {
        fs::create_dir_all(directory.join(folder)).unwrap();
    }
    for page in 0..2 * sites {
        let mut html = String::from("<!DOCTYPE html><body>");
        let mut blocks = Vec::new();
        let mut add = |label: &str, tag: &str, text: String, open: &str, close: &str| {
            writeln!(html, "{open}<{tag}>{text}</{tag}>{close}").unwrap();
            blocks.push(serde_json::json!({"text": text, "label": label}));
        };
        for _ in 0..6 {
            add("nav", "li", format!("Go {}", words(1)), "<nav>", "</nav>");
        }
        add("title", "h1", format!("Head {}", words(5)), "<main>", "</main>");
        add("byline", "address", format!("By Jo {}", words(1)), "<main>", "</main>");
        for _ in 0..3 + page % 4 {
            add("body", "p", format!("{}, {}.", words(25), words(20)), "<main>", "</main>");
        }
        for _ in 0..4 {
            add("teaser", "h3", format!("Read {}", words(6)), "<aside><a href=x>", "</a></aside>");
        }
        add("legal", "small", format!("Copyright {}", words(8)), "<footer>", "</footer>");
        let truth = serde_json::json!({
            "url": format!("https://site{}.example/{page}", page / 2), "page_type": "article", "blocks": blocks,
        });
        fs::write(directory.join(format!("html/{page:03}.html")), html).unwrap();
        fs::write(directory.join(format!("labels/{page:03}.json")), truth.to_string()).unwrap();
    }
}

mod train_eval_features {
    use super::*;

    #[test]
    fn pages_or_their_table_train_the_same_model_and_it_works_on_unseen_pages() {
        let temporary = directory(&[]);
        let at = |name: &str| temporary.path().join(name);
        labelled_pages(&at("seen"), 9);
        labelled_pages(&at("unseen"), 4);
        let run = |args: &[&str]| dehusk(temporary.path(), args).expect(0);

        run(&["train", "seen", "-o", "pages.model.gz"]);
        fs::create_dir(at("tables")).unwrap();
        run(&["features", "seen", "-o", "tables/html.table"]);
        fs::write(at("tables/figures.json"), r#"{"html": {"word_f1": 0.5}}"#).unwrap();
        let args = ["train", "tables", "-o", "models/"];
        let one_thread = command(temporary.path(), &args).env("RAYON_NUM_THREADS", "1").output();
        assert_eq!(one_thread.unwrap().status.code(), Some(0));

        // The header alone differs: the figures.
        let model = |name: &str| read_file(&at(name), &Limits::default()).unwrap();
        let (pages, table) = (model("pages.model.gz"), model("models/html.model"));
        let body = |model: &[u8]| model.splitn(3, |byte| *byte == b'\n').nth(2).unwrap().to_vec();
        assert_eq!(body(&pages), body(&table));
        assert!(String::from_utf8_lossy(&table).contains(r#""figures":{"word_f1":0.5}"#));

        let report = run(&["eval", "unseen", "--model", "pages.model.gz", "--json"]).stdout;
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        let unseen = &report["unseen"];
        assert_eq!(unseen["pages"], 8);
        assert!(unseen["word"]["f1"].as_f64().unwrap() > 0.9, "{report}");
        assert!(unseen["macro_f1"].as_f64().unwrap() > 0.9, "{report}");
        assert_eq!(unseen["by_type"]["article"]["pages"], 8);

        let cleaned = run(&["clean", "unseen/html", "--model", "pages.model.gz"]);
        assert_eq!(cleaned.records().len(), 8);
        assert!(cleaned.records().iter().all(|record| !record.text.contains("Copyright")));
    }

    #[test]
    fn cross_validation_scores_every_page() {
        let temporary = directory(&[]);
        labelled_pages(&temporary.path().join("pages"), 6);
        let run = dehusk(temporary.path(), &["eval", "pages", "--folds", "2", "-v"]).expect(0);
        assert!(run.stdout.starts_with("pages: 12 pages with gold text\n"), "{}", run.stdout);
        for line in ["word ", "shingle ", "article ", "body ", "legal ", "macro-F1 "] {
            assert!(run.stdout.contains(&format!("\n  {line}")), "no {line}in {}", run.stdout);
        }
        assert!(run.stderr.contains("fold 2 of 2 done"), "{}", run.stderr);
    }

    #[test]
    fn the_built_in_models_score_html_and_plain_text_in_one_run() {
        let report = dehusk(repository(), &["eval", "examples", "--json"]).expect(0).stdout;
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        assert_eq!(report["examples"]["pages"], 14);
        let as_text = dehusk(repository(), &["eval", "examples", "--schema", "text"]).expect(0);
        assert!(as_text.stdout.starts_with("examples: 14 pages"), "{}", as_text.stdout);
    }

    #[test]
    fn a_report_shows_the_worst_pages_and_outcomes_fit_confidence() {
        let temporary = directory(&[]);
        let at = |name: &str| temporary.path().join(name);
        labelled_pages(&at("pages"), 50);
        // A gold text that the page does not hold, with what HTML would take for a tag.
        let truth = fs::read_to_string(at("pages/labels/003.json")).unwrap();
        let truth = truth.replace("Go ", "<i>Gone</i> ").replace(r#""body""#, r#""ad""#);
        fs::write(at("pages/labels/003.json"), truth.replace(r#""nav""#, r#""body""#)).unwrap();
        let run = |args: &[&str]| dehusk(temporary.path(), args).expect(0);

        fs::create_dir(at("tables")).unwrap();
        run(&["features", "pages", "-o", "tables/html.table"]);
        let outcomes = "tables/html.outcomes.csv";
        run(&["eval", "pages", "--folds", "3", "--report", "r.html", "--outcomes", outcomes]);
        let report = fs::read_to_string(at("r.html")).unwrap();
        let worst = report.split("worst pages").nth(1).unwrap();
        assert!(worst.find("pages/003").unwrap() < worst.find("pages/004").unwrap());
        assert!(!report.contains("<i>"));

        let without = run(&["train", "pages", "-o", "without.model"]);
        assert!(without.stderr.contains("100 pages"), "{}", without.stderr);
        run(&["train", "tables", "-o", "with.model"]);
        let confidence = |model: &str| {
            let run = run(&["clean", "pages/html/004.html", "--model", model]);
            run.records()[0].confidence
        };
        assert_ne!(confidence("with.model"), confidence("without.model"));
    }

    #[test]
    fn a_page_whose_article_is_in_a_script_is_scored_by_it() {
        let story: String =
            (1..=30).map(|i| format!("On day {i} the ferry left the harbour at six.\n")).collect();
        let page = format!(
            "<div id=app></div><script>a={}</script>",
            serde_json::json!({ "body": story })
        );
        let truth =
            serde_json::json!({"url": "a.example", "ground_truth": {"main_content": story}});
        let temporary = directory(&[
            ("pages/html/1.html", page.as_bytes()),
            ("pages/ground-truth/1.json", truth.to_string().as_bytes()),
        ]);
        let report = dehusk(temporary.path(), &["eval", "pages", "--json"]).expect(0).stdout;
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        assert_eq!(report["pages"]["word"]["f1"], 1.0);
    }

    #[test]
    fn a_table_of_numbers_has_a_row_a_block() {
        let temporary = directory(&[]);
        labelled_pages(&temporary.path().join("pages"), 2);
        for (schema, name) in [("html", "html.csv.gz"), ("text", "text.csv")] {
            dehusk(temporary.path(), &["features", "pages", "-o", name, "--schema", schema])
                .expect(0);
            let bytes = fs::read(temporary.path().join(name)).unwrap();
            let reader: Box<dyn std::io::Read> = match name.ends_with("gz") {
                true => Box::new(flate2::read::GzDecoder::new(&bytes[..])),
                false => Box::new(&bytes[..]),
            };
            let mut table = csv::Reader::from_reader(reader);
            let header = table.headers().unwrap().clone();
            assert_eq!(header.iter().take(3).collect::<Vec<_>>(), ["id", "block", "label"]);
            assert!(header.len() > 40, "{} columns", header.len());
            let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
            let first: Vec<&str> = rows[0].iter().take(3).collect();
            assert_eq!(first, ["pages/000", "0", "nav"]);
            let body = rows.iter().filter(|row| &row[2] == "body").count();
            assert_eq!(body, 3 + 4 + 5 + 6);
            assert!(
                rows.iter().flat_map(|row| row.iter().skip(3)).all(|v| v.parse::<f32>().is_ok())
            );
        }
    }

    #[test]
    fn labelled_data_that_cannot_be_used_say_why() {
        let temporary = directory(&[("cut.table", b"dehusk table 1\n"), ("other/empty/x", b"")]);
        let at = |name: &str| temporary.path().join(name);
        labelled_pages(&at("pages"), 2);
        labelled_pages(&at("other/pages"), 1);
        for (args, reason) in [
            (vec!["train", "gone", "-o", "m"], "gone"),
            (vec!["train", "other/empty", "-o", "m"], "no labelled pages in other/empty"),
            (vec!["train", "cut.table", "-o", "m"], "cannot use the table cut.table"),
            (vec!["train", "cut.table", "pages", "-o", "m"], "tables or on labelled directories"),
            (vec!["eval", "pages", "other/pages"], "have the same name"),
            (vec!["eval", "pages", "--folds", "1"], "--folds"),
            (vec!["eval", "pages", "--folds", "2", "--model", "m"], "cannot be used with"),
            (
                vec!["eval", "pages", "--folds", "2", "--without", "words,nothing"],
                "--without nothing: there is no such part; there are words, ",
            ),
            (
                vec!["features", "pages", "-o", "m.parquet"],
                "a table is a .table, or a .csv or .csv.gz",
            ),
        ] {
            let run = dehusk(temporary.path(), &args).expect(2);
            assert!(run.stderr.contains(reason), "{args:?}: {}", run.stderr);
        }
        assert_eq!(names(temporary.path()), ["cut.table", "other", "pages"]);

        // A page without its file fails alone.
        fs::remove_file(at("pages/html/001.html")).unwrap();
        let run = dehusk(temporary.path(), &["features", "pages", "-o", "m.csv"]).expect(1);
        assert!(run.stderr.contains("pages/001: no page"), "{}", run.stderr);
        assert!(at("m.csv").exists());
    }
}

mod sites {
    use super::*;

    const PITCH: &str = "Did you enjoy this page? It is written by people who live here, and it is \
        paid for by those who read it. For the price of a cup of coffee a month you help us to go on.";

    /// Rows of a crawl: pages of one site in one template, whose pitch stands as a paragraph among those of
    /// the text.
    fn crawl(host: &str, pages: std::ops::Range<usize>) -> String {
        let page = |n: usize| {
            let paragraphs: String = (0..4)
                .map(|i| {
                    let (boats, hours) = (17 * n + 3 * i + 5, 13 * n + i + 2);
                    format!(
                        "<p>In harbour {n}, the keeper of light {i} counted {boats} boats in {hours} \
                         hours, wrote their names in book {}, and went home by road {}.</p>",
                        n + i,
                        n * i
                    )
                })
                .collect();
            let html = format!(
                "<title>Harbour {n}</title><div><a href=/>Home</a> <a href=/n>News</a></div>\
                 <div class=c1><h1>Harbour {n}</h1>{paragraphs}<p>{PITCH}</p></div>"
            );
            let url = format!("https://{host}/{n}");
            serde_json::json!({"id": url, "url": url, "html": html}).to_string() + "\n"
        };
        pages.map(page).collect()
    }

    #[test]
    fn what_repeats_over_a_site_is_left_out_and_a_lone_page_is_as_it_was() {
        let (site, lone) = (crawl("a.example", 0..60), crawl("b.example", 0..1));
        // Fetched twice, and by another name: no evidence.
        let twice = lone.replace("\"https://b.example/0\"", "\"https://www.b.example/0?again\"");
        let rows = [site, lone, twice].concat();
        let at = directory(&[("crawl.jsonl", rows.as_bytes())]);
        let run = |args: &[&str]| {
            let args = [&["clean", "crawl.jsonl", "--blocks"], args].concat();
            dehusk(at.path(), &args).expect(0)
        };
        let (without, with) = (run(&[]), run(&["--site-evidence", "auto"]));
        let lines = |run: &Run| run.stdout.lines().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(lines(&without)[60..], lines(&with)[60..]);
        let pitches = |run: &Run| {
            run.records().iter().take(60).filter(|record| record.text.contains(PITCH)).count()
        };
        assert!(pitches(&without) > 50, "{}", pitches(&without));
        assert_eq!(pitches(&with), 0);
        for record in with.records() {
            assert!((0..4).all(|i| record.text.contains(&format!("the keeper of light {i}"))));
        }

        let pass = dehusk(at.path(), &["sites", "crawl.jsonl", "-o", "sites.db"]).expect(0);
        assert!(
            pass.stderr.starts_with("62 pages done, 0 failed, 0 without a host, ")
                && pass.stderr.contains("62 pages of 2 hosts in sites.db"),
            "{}",
            pass.stderr
        );
        for jobs in ["1", "2"] {
            let stored = run(&["--site-evidence", "sites.db", "--jobs", jobs]);
            assert_eq!(stored.stdout, with.stdout);
        }
        assert_eq!(names(at.path()), ["crawl.jsonl", "sites.db"]);
    }

    #[test]
    fn stores_of_parts_merge_to_that_of_the_whole() {
        let rows = ["a.example", "b.example", "c.example"].map(|host| crawl(host, 0..7)).concat();
        let at = directory(&[("crawl.jsonl", rows.as_bytes())]);
        let bytes = |name: &str, args: &[&str]| {
            dehusk(at.path(), &[&["sites", "-o", name], args].concat()).expect(0);
            fs::read(at.path().join(name)).unwrap()
        };
        let whole = bytes("whole.db", &["crawl.jsonl", "--jobs", "1"]);
        bytes("1.db", &["crawl.jsonl", "--shard", "1/2"]);
        bytes("2.db", &["crawl.jsonl", "--shard", "2/2", "--jobs", "3"]);
        assert!(bytes("both.db", &["--merge", "2.db", "--merge", "1.db"]) == whole);
        assert!(bytes("1.db", &["crawl.jsonl", "--merge", "1.db"]) == whole);
    }

    #[test]
    fn evidence_that_cannot_be_used_says_why_and_parquet_says_which_it_had() {
        let rows = crawl("a.example", 0..2);
        let at = directory(&[
            ("crawl.jsonl", rows.as_bytes()),
            ("other.db", b"something else"),
            ("urls.jsonl", b"{\"id\": \"a\", \"html\": \"<p>no address\"}\n"),
        ]);
        dehusk(at.path(), &["sites", "crawl.jsonl", "-o", "sites.db"]).expect(0);
        let store = fs::read(at.path().join("sites.db")).unwrap();
        fs::write(at.path().join("cut.db"), &store[..store.len() / 2]).unwrap();
        let clean = |input: &str, evidence: &str| {
            let args = ["clean", input, "--input-format", "jsonl", "--site-evidence", evidence];
            dehusk_with(at.path(), &args, &rows)
        };
        for (input, evidence, reason) in [
            ("-", "auto", "standard input can be read only once"),
            ("crawl.jsonl", "gone.db", "cannot use gone.db as a store of sites: No such file"),
            (
                "crawl.jsonl",
                "other.db",
                "cannot use other.db as a store of sites: no store of sites",
            ),
            ("crawl.jsonl", "cut.db", "cannot use cut.db as a store of sites"),
        ] {
            let run = clean(input, evidence).expect(2);
            assert!(run.stderr.contains(reason), "{evidence}: {}", run.stderr);
            assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
        }
        clean("-", "sites.db").expect(0);
        let run = dehusk(at.path(), &["sites", "urls.jsonl", "-o", "none.db"]).expect(0);
        assert!(run.stderr.contains("1 without a host"), "{}", run.stderr);
        let run = dehusk(at.path(), &["sites", "-o", "none.db"]).expect(2);
        assert!(run.stderr.contains("<INPUT>"), "{}", run.stderr);

        let args = ["clean", "crawl.jsonl", "--site-evidence", "sites.db", "--format", "parquet"];
        dehusk(at.path(), &[&args[..], &["-o", "out.parquet"]].concat()).expect(0);
        let file = fs::File::open(at.path().join("out.parquet")).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        let values = reader.metadata().file_metadata().key_value_metadata().unwrap().clone();
        let digest = values.iter().find(|value| value.key == "dehusk.site_evidence").unwrap();
        assert_eq!(digest.value.as_ref().unwrap().len(), 16);
    }

    #[test]
    fn eval_says_what_the_evidence_does_to_each_page() {
        let run = dehusk(repository(), &["eval", "examples", "--sites", "/dev/stdout"]).expect(0);
        let rows: Vec<&str> =
            run.stdout.lines().filter(|line| line.contains(".example,")).collect();
        assert!(run.stdout.contains("id,host,pages,word_f1,word_f1_with_site"), "{}", run.stdout);
        assert!(!rows.is_empty());
        for row in rows {
            let fields: Vec<&str> = row.split(',').collect();
            assert!(fields[2] != "1" || fields[3] == fields[4], "{row}");
        }
    }
}
