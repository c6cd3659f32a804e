//! Standard error: messages and progress bars, which share its lines.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::LazyLock;
use std::thread;
use std::time::Duration;

use dehusk::source;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tracing_subscriber::EnvFilter;

/// Draws nothing where standard error is no terminal.
static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Sends events to standard error: from warnings on, or from what RUST_LOG or `-v` say.
pub fn start_log(verbose: u8) {
    let level = match verbose {
        0 => "warn",
        1 => "info",
        _ => "debug",
    };
    tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level)),
        )
        .with_writer(|| Message)
        .with_ansi(false)
        .with_target(false)
        .without_time()
        .init();
}

/// Writes each message while the bars are away.
struct Message;

impl Write for Message {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        BARS.suspend(|| io::stderr().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Bytes of input of which nobody knows yet how many there are, with a message.
pub fn byte_counter() -> ProgressBar {
    bar(ProgressBar::no_length(), "{spinner} {msg}, {bytes}, {bytes_per_sec}")
}

/// Makes a counter of bytes the bar that leads to their total, once that is known: a large directory takes long
/// to walk, and nobody waits for it.
pub fn count_total(counter: &ProgressBar, inputs: &[PathBuf], format: Option<source::Format>) {
    if counter.is_hidden() {
        return;
    }
    let (counter, inputs) = (counter.clone(), inputs.to_vec());
    thread::spawn(move || {
        if let Some(total) = source::total_bytes(&inputs, format) {
            counter.set_length(total);
            counter.set_style(style(
                "[{bar:30}] {msg}, {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left",
            ));
        }
    });
}

/// A bar of `total` steps that are called `steps`.
pub fn steps(total: usize, steps: &str) -> ProgressBar {
    bar(
        ProgressBar::new(total as u64),
        &format!("[{{bar:40}}] {{pos}}/{{len}} {steps}, {{eta}} left"),
    )
}

/// A sign of life.
pub fn busy(message: String) -> ProgressBar {
    bar(ProgressBar::no_length(), "{spinner} {msg}, {elapsed}").with_message(message)
}

fn bar(bar: ProgressBar, template: &str) -> ProgressBar {
    let bar = BARS.add(bar);
    bar.set_style(style(template));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("a valid template")
}
