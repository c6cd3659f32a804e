//! Runs that end early, and what the next one makes of them: whatever happens, the output ends with
//! the bytes of an undisturbed run.
//!
//! `DEHUSK_KILLS` says how often each format's run is killed; default a few times:
//!
//!     DEHUSK_KILLS=50 cargo test --release --test all -- --nocapture killed

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::{TempDir, tempdir};

/// A crawl of the example pages, several times over, in a `.warc.gz`; every fiftieth record is broken.
fn crawl(pages: usize) -> TempDir {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/html");
    let mut paths: Vec<PathBuf> =
        fs::read_dir(examples).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let directory = tempdir().unwrap();
    let mut file = fs::File::create(directory.path().join("crawl.warc.gz")).unwrap();
    for number in 0..pages {
        let body = fs::read(&paths[number % paths.len()]).unwrap();
        let http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n";
        let head = format!(
            "WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:n:{number}>\r\n\
             WARC-Target-URI: https://a.example/{number}\r\nWARC-Date: 2024-05-01T12:00:00Z\r\nContent-Length: {}\r\n\r\n",
            http.len() + body.len()
        );
        let mut record = [head.as_bytes(), http, &body, b"\r\n\r\n"].concat();
        if number % 50 == 49 {
            record.truncate(head.len() + 1000);
        }
        let mut member = GzEncoder::new(&mut file, Compression::fast());
        member.write_all(&record).unwrap();
        member.finish().unwrap();
    }
    directory
}

fn dehusk(directory: &Path, output: &str, args: &[&str]) -> Command {
    let format = if output.ends_with(".parquet") { "parquet" } else { "jsonl" };
    let mut command = Command::new(env!("CARGO_BIN_EXE_dehusk"));
    command
        .args(["clean", "crawl.warc.gz", "--format", format, "--checkpoint", "25"])
        .args(["-o", output, "--errors", "errors.jsonl", "--jobs", "2"])
        .args(args)
        .current_dir(directory)
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

fn run(command: &mut Command, status: i32) -> String {
    let Output { status: found, stderr, .. } = command.output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(found.code(), Some(status), "{stderr}");
    stderr
}

/// Takes what a finished run wrote, and makes sure that nothing else is left.
fn take(directory: &Path, output: &str) -> [Vec<u8>; 2] {
    let mut names: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["crawl.warc.gz", "errors.jsonl", output]);
    [output, "errors.jsonl"].map(|name| {
        let bytes = fs::read(directory.join(name)).unwrap();
        fs::remove_file(directory.join(name)).unwrap();
        bytes
    })
}

#[test]
fn a_run_that_is_killed_goes_on_to_the_same_bytes() {
    let kills = std::env::var("DEHUSK_KILLS").map_or(4, |kills| kills.parse().unwrap());
    let crawl = crawl(300);
    let directory = crawl.path();
    let mut state = 1_u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 40) as f64 / f64::from(1 << 24)
    };
    for output in ["out.jsonl", "out.jsonl.gz", "out.jsonl.zst", "out.parquet"] {
        let start = Instant::now();
        run(&mut dehusk(directory, output, &[]), 1);
        let whole_run = start.elapsed();
        let expected = take(directory, output);
        let (mut killed, mut resumed) = (0, 0);
        while killed < kills {
            let mut child = dehusk(directory, output, &["--resume"]).spawn().unwrap();
            thread::sleep(Duration::from_secs_f64(whole_run.as_secs_f64() * random()));
            child.kill().unwrap();
            if child.wait().unwrap().code().is_none() {
                killed += 1;
                resumed += u32::from(directory.join(format!("{output}.partial")).exists());
                continue;
            }
            assert!(take(directory, output) == expected, "{output} after {killed} kills");
        }
        run(&mut dehusk(directory, output, &["--resume"]), 1);
        assert!(take(directory, output) == expected, "{output} after {killed} kills");
        eprintln!("{output}: killed {killed} times, {resumed} times with something to go on from");
    }
}

#[test]
fn a_run_with_site_evidence_is_gone_on_with_by_the_same_evidence_alone() {
    let crawl = crawl(300);
    let directory = crawl.path();
    let auto = ["--site-evidence", "auto"];
    run(&mut dehusk(directory, "out.jsonl", &auto), 1);
    let expected = take(directory, "out.jsonl");

    // Killed at some moment of either pass, and at one when something has been saved.
    for moment in [10, 100, 400] {
        let mut child =
            dehusk(directory, "out.jsonl", &[&auto[..], &["--resume"]].concat()).spawn().unwrap();
        thread::sleep(Duration::from_millis(moment));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    if !directory.join("out.jsonl").exists() {
        let _ = fs::remove_file(directory.join("out.jsonl.partial.state"));
        leave_a_partial(directory, "out.jsonl", &auto);
        let refused = run(&mut dehusk(directory, "out.jsonl", &["--resume"]), 2);
        assert!(refused.contains("not the same as when it was begun: site evidence;"), "{refused}");
        let mut sites = Command::new(env!("CARGO_BIN_EXE_dehusk"));
        let store = directory.join("sites.db");
        sites.args(["sites", "crawl.warc.gz", "--shard", "1/2", "-o", "sites.db"]);
        run(sites.current_dir(directory).stderr(Stdio::piped()), 0);
        let other = ["--resume", "--site-evidence", "sites.db"];
        let refused = run(&mut dehusk(directory, "out.jsonl", &other), 2);
        assert!(refused.contains("site evidence;"), "{refused}");
        fs::remove_file(store).unwrap();
        run(&mut dehusk(directory, "out.jsonl", &[&auto[..], &["--resume"]].concat()), 1);
    }
    assert!(take(directory, "out.jsonl") == expected);
}

/// Runs until something has been saved, and kills it.
fn leave_a_partial(directory: &Path, output: &str, args: &[&str]) {
    let mut child = dehusk(directory, output, args).spawn().unwrap();
    let state = directory.join(format!("{output}.partial.state"));
    let saved =
        || fs::read(&state).is_ok_and(|text| text.iter().filter(|b| **b == b'\n').count() > 2);
    while !saved() && child.try_wait().unwrap().is_none() {
        thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(saved(), "ended before it could be killed");
}

#[test]
fn what_can_be_gone_on_with_is_not_overwritten_and_other_arguments_are_refused() {
    let crawl = crawl(300);
    let directory = crawl.path();
    leave_a_partial(directory, "out.jsonl", &[]);
    let partial = directory.join("out.jsonl.partial");
    let before = fs::read(&partial).unwrap();
    let refused = run(&mut dehusk(directory, "out.jsonl", &[]), 2);
    assert!(refused.contains("--resume goes on with it"), "{refused}");
    let refused = run(&mut dehusk(directory, "out.jsonl", &["--resume", "--profile", "all"]), 2);
    assert!(refused.contains("not the same as when it was begun: kept labels;"), "{refused}");
    assert!(fs::read(&partial).unwrap() == before);

    // Half a line in the journal, and more output than it knows of, are what a kill leaves.
    let journal = directory.join("out.jsonl.partial.state");
    let mut state = fs::read(&journal).unwrap();
    state.extend(b"{\"taken\":");
    fs::write(&journal, state).unwrap();
    let mut more = before;
    more.extend(b"half a rec");
    fs::write(&partial, more).unwrap();
    run(&mut dehusk(directory, "out.jsonl", &["--resume"]), 1);
    let resumed = take(directory, "out.jsonl");
    run(&mut dehusk(directory, "out.jsonl", &[]), 1);
    assert!(take(directory, "out.jsonl") == resumed);
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_a_state_to_go_on_from_or_nothing() {
    let crawl = crawl(300);
    let directory = crawl.path();
    let interrupt = |child: &std::process::Child| {
        Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    };
    let child = dehusk(directory, "out.parquet", &[]).spawn().unwrap();
    let state = directory.join("out.parquet.partial.state");
    while fs::read(&state).is_ok_and(|text| text.len() < 10_000) || !state.exists() {
        thread::sleep(Duration::from_millis(1));
    }
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert!(stderr.contains("--resume goes on"), "{stderr}");
    run(&mut dehusk(directory, "out.parquet", &["--resume"]), 1);
    take(directory, "out.parquet");

    // Waiting for standard input, with nothing saved.
    let mut command = Command::new(env!("CARGO_BIN_EXE_dehusk"));
    command.args(["clean", "-", "-o", "out.jsonl"]).current_dir(directory).stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // `wait` would close it first, and the run could come to its end before it is interrupted.
    let _open = child.stdin.take();
    while !directory.join("out.jsonl.partial").exists() {
        thread::sleep(Duration::from_millis(1));
    }
    thread::sleep(Duration::from_millis(50));
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(fs::read_dir(directory).unwrap().count(), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_with_a_state_to_go_on_from() {
    let crawl = crawl(300);
    let directory = crawl.path();
    // A file may not grow beyond the limit: to the program, that is a disk without space.
    let mut limited = Command::new("bash");
    let script = format!(
        "trap '' XFSZ; ulimit -f 100; exec {} clean crawl.warc.gz -o out.jsonl --checkpoint 25 \
         --errors errors.jsonl --format jsonl",
        env!("CARGO_BIN_EXE_dehusk")
    );
    limited.args(["-c", &script]).current_dir(directory);
    let stderr = run(&mut limited, 2);
    assert!(stderr.contains("pages are safe and --resume goes on from there"), "{stderr}");
    assert!(stderr.contains("cannot write the output"), "{stderr}");
    run(&mut dehusk(directory, "out.jsonl", &["--resume"]), 1);
    let resumed = take(directory, "out.jsonl");
    run(&mut dehusk(directory, "out.jsonl", &[]), 1);
    assert!(take(directory, "out.jsonl") == resumed);
}
