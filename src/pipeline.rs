//! The crawl in parallel: items from one source, worked on by several threads, results handed on
//! strictly in the order of the source.
//!
//! It knows nothing of pages. One thread reads the source, a rayon pool does the work, and the
//! calling thread runs the sink, so a slow reader, worker or writer only ever waits for the others.
//! Order comes from a queue of one-shot channels, one for each item, in reading order: the sink waits
//! for the oldest. The queue's length bounds what is in flight: when the oldest item is slow, reading
//! stops once [`WINDOW`] items a thread are waiting behind it.

use std::{
    io,
    panic::resume_unwind,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
};

use rayon::ThreadPoolBuilder;

/// Items in flight for each working thread: read, but not yet taken by the sink.
///
/// Larger values let the other threads work on for longer past one slow item; memory grows with them.
const WINDOW: usize = 16;

/// Runs `work` over every item of `source` on `jobs` threads and hands the results to `sink` in the
/// order of the source, which does not depend on `jobs`.
///
/// Each thread works with a state of its own (scratch buffers), made by `init` when it is first needed.
/// At most `WINDOW * jobs + 1` items are held at a time. With `jobs` of 0 or 1 everything happens on the
/// calling thread.
///
/// # Errors
///
/// The first error of `sink`: what is in flight is dropped and no further item is read (a read that is
/// already waiting, as on an open pipe, is waited for). Or the error of starting the threads.
///
/// # Panics
///
/// A panic in `source` or `work` stops the run and reaches the caller. To survive it, catch it in `work`.
pub fn run<T, S, R, E>(
    source: impl Iterator<Item = T> + Send,
    jobs: usize,
    init: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, T) -> R + Sync,
    mut sink: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E>
where
    T: Send,
    S: Send,
    R: Send,
    E: From<io::Error>,
{
    if jobs <= 1 {
        let mut state = init();
        return source.map(|item| work(&mut state, item)).try_for_each(sink);
    }
    let pool = ThreadPoolBuilder::new()
        .num_threads(jobs)
        .thread_name(|n| format!("work-{n}"))
        .build()
        .map_err(io::Error::other)?;

    // States lie in a common pool, not in thread-locals, as `work` may itself use rayon: a thread that
    // waits inside `work` can then be given a second item.
    let states = Mutex::new(Vec::new());
    let states = || states.lock().unwrap_or_else(PoisonError::into_inner);
    let work_with_state = |item| {
        let spare = states().pop();
        let mut state = spare.unwrap_or_else(&init);
        let result = work(&mut state, item);
        states().push(state);
        result
    };

    let stopped = AtomicBool::new(false);
    let (queue, results) = mpsc::sync_channel::<mpsc::Receiver<R>>(WINDOW * jobs);
    let read = || {
        // The queue is moved in here, so that its end (or a panic) ends the results.
        let queue = queue;
        pool.in_place_scope_fifo(|scope| {
            for item in source {
                let (slot, result) = mpsc::sync_channel(1);
                if queue.send(result).is_err() {
                    break;
                }
                let (work, stopped) = (&work_with_state, &stopped);
                scope.spawn_fifo(move |_| {
                    if !stopped.load(Ordering::Relaxed) {
                        // The sink may be gone by now; then nobody wants the result.
                        let _ = slot.send(work(item));
                    }
                });
            }
        });
    };

    thread::scope(|threads| {
        let reader = thread::Builder::new().name("read".into()).spawn_scoped(threads, read)?;
        // A slot that closes empty means that its work panicked.
        let outcome =
            results.into_iter().map_while(|result| result.recv().ok()).try_for_each(&mut sink);
        stopped.store(true, Ordering::Relaxed);
        if let Err(panic) = reader.join() {
            resume_unwind(panic);
        }
        outcome
    })
}

#[cfg(test)]
mod tests {
    use std::{
        panic::{AssertUnwindSafe, catch_unwind},
        sync::atomic::AtomicUsize,
        time::Duration,
    };

    use super::*;

    #[test]
    fn results_come_in_input_order_whatever_the_threads_and_times() {
        for jobs in [1, 2, 7] {
            let mut seen = Vec::new();
            run(
                0..500_u64,
                jobs,
                || 0_u64,
                |random, n| {
                    *random = (*random + n).wrapping_mul(6_364_136_223_846_793_005) + 1;
                    thread::sleep(Duration::from_micros((*random >> 33) % 300));
                    n
                },
                |n| {
                    seen.push(n);
                    io::Result::Ok(())
                },
            )
            .unwrap();
            assert_eq!(seen, (0..500).collect::<Vec<_>>(), "{jobs} jobs");
        }
    }

    #[test]
    fn a_slow_sink_holds_the_reader_back() {
        let (read, written) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let source = (0..400).inspect(|_| {
            let ahead = read.fetch_add(1, Ordering::SeqCst) - written.load(Ordering::SeqCst);
            // One item each in the reader's and in the sink's hand.
            assert!(ahead <= 2 * WINDOW + 2, "{ahead} items in memory");
        });
        let sink = |()| {
            thread::sleep(Duration::from_micros(200));
            written.fetch_add(1, Ordering::SeqCst);
            io::Result::Ok(())
        };
        run(source, 2, || (), |(), _| (), sink).unwrap();
        assert_eq!(written.into_inner(), 400);
    }

    #[test]
    fn an_error_of_the_sink_stops_the_reading() {
        for jobs in [1, 2] {
            let read = AtomicUsize::new(0);
            let source = (0..).inspect(|_| {
                read.fetch_add(1, Ordering::SeqCst);
            });
            let full = |n| match n {
                10 => Err(io::Error::from(io::ErrorKind::StorageFull)),
                _ => Ok(()),
            };
            let error = run(source, jobs, || (), |(), n: u32| n, full).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::StorageFull);
            assert!(read.into_inner() <= 10 + 2 * WINDOW + 2);
        }
    }

    #[test]
    fn a_panic_reaches_the_caller_and_nothing_hangs() {
        for jobs in [1, 2] {
            let mut seen = Vec::new();
            let panic = catch_unwind(AssertUnwindSafe(|| {
                run(
                    0..,
                    jobs,
                    || (),
                    |(), n: u32| if n == 20 { panic!("page {n}") } else { n },
                    |n| {
                        seen.push(n);
                        io::Result::Ok(())
                    },
                )
            }))
            .unwrap_err();
            assert_eq!(panic.downcast_ref::<String>().unwrap(), "page 20");
            assert_eq!(seen, (0..20).collect::<Vec<_>>());
        }
    }
}
