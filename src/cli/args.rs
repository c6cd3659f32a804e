//! What was typed: the commands and their options, with the help that `--help` shows.

use std::num::NonZero;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Parser, Subcommand, ValueEnum, value_parser};
use dehusk::dom;
use dehusk::features::{self, Schema};
use dehusk::label::{LabelSet, Profile};
use dehusk::source::{self, Columns, InputError, Pages, Shard};
use dehusk::training::Learner;

use super::all_cores;

/// Cuts the boilerplate out of crawled web pages: pages in, clean text out.
///
/// A page is cut into blocks, a trained classifier gives each block one of ten labels (title,
/// body, byline, caption, comment, bio, teaser, ad, nav, legal), and the labels that are asked for
/// are kept.
///
/// Exit status: 0 if every page is done, 1 if some failed and the others are done, 2 if the
/// arguments are wrong or nothing could be done.
#[derive(Debug, Parser)]
#[command(name = "dehusk", version, subcommand_required = true, arg_required_else_help = true)]
pub struct Args {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
    /// Say more on standard error: -v models and steps, -vv every page; default only problems
    ///
    /// The environment variable RUST_LOG overrides this, in tracing-subscriber's syntax.
    #[arg(short, long, action = ArgAction::Count, global = true)]
    pub verbose: u8,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Clean pages: HTML, plain text, WARC, JSON Lines or Parquet in, records out
    #[command(after_help = CLEAN_EXAMPLES)]
    Clean(Box<CleanArgs>),
    /// Count what repeats over the pages of each site, for `clean --site-evidence`
    #[command(after_help = SITES_EXAMPLES)]
    Sites(Box<SitesArgs>),
    /// Train a model on labelled pages or on a training table
    #[command(after_help = TRAIN_EXAMPLES)]
    Train(TrainArgs),
    /// Measure how like the truth the output on labelled pages is
    #[command(after_help = EVAL_EXAMPLES)]
    Eval(EvalArgs),
    /// Write labelled pages as a table of features, to train on or to look at
    #[command(after_help = FEATURES_EXAMPLES)]
    Features(FeaturesArgs),
}

const CLEAN_EXAMPLES: &str = "\
Examples:
  One page, as Markdown:
    dehusk clean page.html --format md
  A crawl, one JSON record a page; pages that fail are listed, the others are done:
    dehusk clean crawl/ -o clean.jsonl.gz --errors errors.jsonl
  Threads of a forum with their comments, one text file a page:
    dehusk clean forum/ --profile discussion --format txt -o texts/
  A WARC file to Parquet; after a crash, the same again with --resume ends with the same bytes:
    dehusk clean crawl.warc.gz --format parquet -o clean.parquet --errors errors.jsonl
  The second of eight parts of a lake, for one of eight machines:
    dehusk clean lake/ --html-column raw --format parquet --shard 2/8 -o part-2.parquet
  What repeats over the pages of a site is boilerplate; two passes:
    dehusk clean crawl.warc.gz --site-evidence auto -o clean.jsonl
  Rows of JSON Lines from another program; each row has `html` or `text`, `id` and `url`:
    zcat rows.jsonl.gz | dehusk clean - --input-format jsonl | jq -r .title";

const SITES_EXAMPLES: &str = "\
Up to 256 pages of a host are kept: all, or a random sample of them.

Examples:
  Two passes over a crawl:
    dehusk sites crawl.warc.gz -o sites.db
    dehusk clean crawl.warc.gz --site-evidence sites.db -o clean.jsonl
  A second crawl into the same store:
    dehusk sites more.warc.gz --merge sites.db -o sites.db
  The parts of several machines:
    dehusk sites --merge 1.db --merge 2.db -o sites.db";

const TRAIN_EXAMPLES: &str = "\
Examples:
  The models that are built in, from their tables:
    dehusk train training_data -o models/
  A model of your own pages (labelled directories; `dehusk eval --help` shows the layouts):
    dehusk train my-pages/ more-pages/ -o my.model
    dehusk clean crawl/ --model my.model
  A model for plain text from the same pages:
    dehusk train my-pages/ -o my-text.model --schema text";

const EVAL_EXAMPLES: &str = "\
Labelled directories:
  DIR/html/ID.html + DIR/labels/ID.json        {\"url\", \"page_type\", \"blocks\": [{\"text\", \"label\"}]}
  DIR/html/ID.html + DIR/ground-truth/ID.json  {\"url\", \"ground_truth\": {\"main_content\"}}
  DIR/ID.txt + DIR/ID.labels.json              plain text; as the first
  Pages may be gzipped (ID.html.gz).

Examples:
  The built-in models on the pages that come with dehusk:
    dehusk eval examples/
  A model of your own, for a script to read:
    dehusk eval held-out/ --model my.model --json
  How good models trained on these pages are on sites they have not seen:
    dehusk eval my-pages/ --folds 5";

const FEATURES_EXAMPLES: &str = "\
Examples:
  A table to train on without the pages:
    dehusk features my-pages/ -o my-pages.table
    dehusk train my-pages.table -o my.model
  All features as numbers, one row a block, for a notebook:
    dehusk features my-pages/ -o blocks.csv.gz";

/// `dehusk clean`.
#[derive(Debug, clap::Args)]
pub struct CleanArgs {
    /// Files, directories (with all below them) or `-` for standard input
    ///
    /// In a directory the files with extension .html, .htm, .xhtml, .txt, .jsonl, .ndjson and .warc,
    /// also with .gz or .zst, and .parquet are read; the others are skipped and counted. Records come
    /// in the order of the inputs and of the file names, whatever the number of threads.
    #[arg(value_name = "INPUT", required = true)]
    pub inputs: Vec<PathBuf>,
    /// File or directory to write to; default standard output
    ///
    /// A file appears when all is done, or not at all; until then it is OUT.partial, with its state
    /// in OUT.partial.state (see --resume). One whose name ends in .gz or .zst is compressed. With
    /// `--format txt` or `md`, a directory (one that exists, or a name that ends in `/`) gets one
    /// file a page.
    #[arg(short, long, value_name = "OUT")]
    pub output: Option<PathBuf>,
    /// What is written
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    pub format: Format,
    #[command(flatten)]
    pub keep: KeepArgs,
    /// List every block of a page in its record, kept or not: label, score (0 to 1), text, tag;
    /// default off
    #[arg(long)]
    pub blocks: bool,
    /// Only what this CSS selector matches counts as the page; may be given several times
    ///
    /// The head's metadata count always. Pages take several times longer with --select or --remove.
    #[arg(long, value_name = "CSS")]
    pub select: Vec<String>,
    /// What this CSS selector matches is no part of the page; may be given several times
    #[arg(long, value_name = "CSS")]
    pub remove: Vec<String>,
    /// File of rules for single sites: TOML, [[site]] host, body, drop
    ///
    /// `host` is a site's name, its subdomains included; `body` is a selector like those of
    /// --select, `drop` a list of selectors like those of --remove, for its pages alone. A page's
    /// site is that of its URL, or of the canonical URL that it names.
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
    /// What repeats over a site's pages is boilerplate: count it, in a store that `dehusk sites` made, or
    /// `auto`, by a first pass over the inputs
    ///
    /// The more of a host's other pages carry a block, the likelier it is boilerplate. A host's only page is
    /// left as it is. `auto` takes files and directories, reads all of them whatever --shard says, and reads
    /// them again with --resume. A page's host is that of its URL, or of the canonical URL that it names.
    #[arg(long, value_name = "FILE|auto")]
    pub site_evidence: Option<PathBuf>,
    #[command(flatten)]
    pub input: InputArgs,
    /// Only one of N parts of the inputs: every Nth page, counted from the Ith; I is 1 to N
    ///
    /// Which part a page is in depends on its place in the inputs alone. Every part reads all inputs.
    #[arg(long, value_name = "I/N", default_value_t)]
    pub shard: Shard,
    /// Go on where a run with the same arguments and inputs ended early
    ///
    /// Whatever ended it (kill -9, a full disk, Ctrl-C), the output becomes what it would have been.
    /// Needs --output; without anything to go on from, this is an ordinary run. Without --resume, an
    /// OUT.partial that could be gone on with is refused.
    #[arg(long, requires = "output")]
    pub resume: bool,
    /// Pages between two states that --resume can go on from
    ///
    /// A row group of Parquet and a member of gzip or frame of zstd end there, so the output's bytes
    /// depend on it. Fewer pages if their records take 32 MiB (in Parquet, once compressed).
    #[arg(long, value_name = "PAGES", default_value = "4000")]
    pub checkpoint: NonZero<u64>,
    /// Model to use in place of the built-in one for its kind of page; default the built-in ones
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    /// File for the pages that fail, one line of JSON each: {"id", "error"}; default standard error
    #[arg(long, value_name = "FILE")]
    pub errors: Option<PathBuf>,
}

/// `dehusk sites`.
#[derive(Debug, clap::Args)]
pub struct SitesArgs {
    /// Files, directories (with all below them) or `-` for standard input, as `dehusk clean` reads them
    #[arg(value_name = "INPUT", required_unless_present = "merge")]
    pub inputs: Vec<PathBuf>,
    /// File to write; it appears when all is done, or not at all
    #[arg(short, long, value_name = "STORE")]
    pub output: PathBuf,
    /// Store whose pages are added; may be given several times, and may be the one that is written
    ///
    /// Stores of the parts of a crawl, whatever these are, make that of the whole.
    #[arg(long, value_name = "STORE")]
    pub merge: Vec<PathBuf>,
    #[command(flatten)]
    pub input: InputArgs,
    /// Only one of N parts of the inputs: every Nth page, counted from the Ith; I is 1 to N
    #[arg(long, value_name = "I/N", default_value_t)]
    pub shard: Shard,
}

/// How inputs are read.
#[derive(Clone, Debug, clap::Args)]
pub struct InputArgs {
    /// What the inputs hold
    #[arg(long, value_enum, default_value_t = InputFormat::Auto)]
    pub input_format: InputFormat,
    #[command(flatten)]
    pub columns: ColumnArgs,
    /// Threads; default all cores. The output does not depend on it
    #[arg(short, long, value_name = "N")]
    jobs: Option<NonZero<usize>>,
    /// Largest page, in bytes after decompression; a larger one fails
    #[arg(long, value_name = "N", default_value_t = dehusk::source::Limits::default().max_page_bytes)]
    pub max_page_bytes: usize,
    /// Most blocks of a page, and eight times as many elements and texts; a page with more fails.
    /// Default 10000, and one more for every 100 bytes of the page
    ///
    /// A page takes some 2.5 KB of memory for each block. Long tables of small cells may need a
    /// higher limit.
    #[arg(long, value_name = "N")]
    pub max_blocks: Option<usize>,
    /// Deepest nesting of elements; what is nested deeper is laid flat, and no text is lost
    ///
    /// Browsers do the same at 512.
    #[arg(long, value_name = "N", default_value_t = dehusk::dom::Limits::default().max_depth)]
    pub max_depth: u16,
}

impl InputArgs {
    /// The format that all files are in; none where each tells its own.
    pub fn format(&self) -> Option<source::Format> {
        match self.input_format {
            InputFormat::Auto => None,
            InputFormat::Html => Some(source::Format::Html),
            InputFormat::Text => Some(source::Format::Text),
            InputFormat::Jsonl => Some(source::Format::Jsonl),
            InputFormat::Warc => Some(source::Format::Warc),
            InputFormat::Parquet => Some(source::Format::Parquet),
        }
    }

    /// How much a page may ask for.
    pub fn limits(&self) -> source::Limits {
        source::Limits { max_page_bytes: self.max_page_bytes }
    }

    /// How much a document may ask for.
    pub fn dom_limits(&self) -> dom::Limits {
        dom::Limits { max_depth: self.max_depth, max_blocks: self.max_blocks }
    }

    /// The pages of inputs.
    pub fn pages(&self, inputs: &[PathBuf]) -> Result<Pages, InputError> {
        let pages = Pages::open(inputs.to_vec(), self.format(), self.limits())?;
        Ok(pages.with_columns(self.columns.clone().into()))
    }

    /// The threads to work with.
    pub fn jobs(&self) -> usize {
        self.jobs.unwrap_or_else(all_cores).get()
    }
}

/// The columns of Parquet and fields of JSON Lines that make a page. Others are passed through to
/// the record, with `input_` before a name that the record has itself.
#[derive(Clone, Debug, clap::Args)]
pub struct ColumnArgs {
    /// Column of rows with the page as HTML
    #[arg(long, value_name = "NAME", default_value = "html")]
    html_column: String,
    /// Column of rows with the page as plain text, where there is no HTML
    #[arg(long, value_name = "NAME", default_value = "text")]
    text_column: String,
    /// Column of rows with the page's address
    #[arg(long, value_name = "NAME", default_value = "url")]
    url_column: String,
    /// Column of rows with the page's id
    #[arg(long, value_name = "NAME", default_value = "id")]
    id_column: String,
}

impl From<ColumnArgs> for Columns {
    fn from(args: ColumnArgs) -> Columns {
        let ColumnArgs { html_column, text_column, url_column, id_column } = args;
        Columns { html: html_column, text: text_column, url: url_column, id: id_column }
    }
}

/// `dehusk train`.
#[derive(Debug, clap::Args)]
pub struct TrainArgs {
    /// Labelled directories; or training tables (.table), or directories that hold them
    ///
    /// A `figures.json` beside a table ({"html": {NAME: NUMBER}, "text": {…}}) goes into the
    /// model's header, and a NAME.outcomes.csv beside NAME.table is what its confidence is fitted
    /// to.
    #[arg(value_name = "DATA", required = true)]
    pub data: Vec<PathBuf>,
    /// Model file to write; or a directory, which gets html.model and text.model, as far as the
    /// data give both
    ///
    /// A directory is one that exists, or a name that ends in `/`.
    #[arg(short, long, value_name = "MODEL")]
    pub output: PathBuf,
    /// Kind of page that the model is for; default html where the data have it, else text, and
    /// all that they have for a directory
    #[arg(long, value_enum)]
    pub schema: Option<SchemaName>,
    /// What is fitted
    #[arg(long, value_enum, default_value_t)]
    pub learner: LearnerName,
}

/// `dehusk eval`.
#[derive(Debug, clap::Args)]
pub struct EvalArgs {
    /// Labelled directories
    #[arg(value_name = "DATA", required = true)]
    pub data: Vec<PathBuf>,
    /// Model to measure in place of the built-in one for its kind of page; default the built-in
    /// ones
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    /// Measure models that are trained on the data themselves: each page is scored by one that has
    /// seen no page of its site, in N folds, at least 2; default off
    #[arg(long, value_name = "N", value_parser = value_parser!(u16).range(2..), conflicts_with = "model")]
    pub folds: Option<u16>,
    /// How pages of HTML are scored: `text` as the lines of their text
    #[arg(long, value_enum, default_value_t = SchemaName::Html)]
    pub schema: SchemaName,
    /// What is fitted in the folds
    #[arg(long, value_enum, default_value_t, requires = "folds")]
    pub learner: LearnerName,
    /// Fit models that do not see these groups of features (as `dehusk features` names them, up to
    /// the dot), have no `second` pass, or do not learn from `phrases` or `fragments` of our own or from
    /// `plants`, such phrases between the paragraphs of pages, separated by commas; default none
    #[arg(long, value_name = "PARTS", value_delimiter = ',', requires = "folds")]
    pub without: Vec<String>,
    #[command(flatten)]
    pub keep: KeepArgs,
    /// Print one JSON object, {CORPUS: FIGURES}; default tables for the eye
    #[arg(long)]
    pub json: bool,
    /// Also write a page of HTML with the figures, and the 30 worst pages with what went wrong
    #[arg(long, value_name = "FILE.html")]
    pub report: Option<PathBuf>,
    /// Also write a row a page for `train` to fit a model's confidence to: beside a table NAME.table
    /// it reads NAME.outcomes.csv
    #[arg(long, value_name = "FILE.csv", requires = "folds")]
    pub outcomes: Option<PathBuf>,
    /// Also score each page with what the other pages of its host say of its blocks, as `clean
    /// --site-evidence` does, and write a row a page: id, host, pages of the host, word F1 without
    /// and with
    #[arg(long, value_name = "FILE.csv")]
    pub sites: Option<PathBuf>,
}

/// `dehusk features`.
#[derive(Debug, clap::Args)]
pub struct FeaturesArgs {
    /// Labelled directories
    #[arg(value_name = "DATA", required = true)]
    pub data: Vec<PathBuf>,
    /// File to write: .table for training, .csv or .csv.gz for the numbers themselves
    ///
    /// The columns of the numbers are id, block (from 0), label (`in` or `out` where only that is
    /// known of the gold text, empty where nothing is), and the features by name.
    #[arg(short, long, value_name = "TABLE")]
    pub output: PathBuf,
    /// Features of which kind of page; default html where the data have it, else text
    #[arg(long, value_enum)]
    pub schema: Option<SchemaName>,
}

/// Which blocks are kept.
#[derive(Debug, clap::Args)]
pub struct KeepArgs {
    /// Which blocks are kept: article (body), page (title, body, caption), discussion (title, body,
    /// byline, comment), all
    #[arg(long, value_name = "PROFILE", default_value = Profile::default().as_str(), value_parser = profiles())]
    profile: Profile,
    /// Keep the blocks with these labels instead, separated by commas; default those of the profile
    #[arg(long, value_name = "LABELS", conflicts_with = "profile")]
    keep: Option<LabelSet>,
}

impl KeepArgs {
    /// The labels that are kept.
    pub fn labels(&self) -> LabelSet {
        self.keep.unwrap_or(self.profile.keep())
    }
}

fn profiles() -> impl TypedValueParser<Value = Profile> {
    let names = PossibleValuesParser::new(Profile::ALL.map(Profile::as_str));
    names.try_map(|name| name.parse::<Profile>())
}

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One JSON object a page and line
    Jsonl,
    /// One row a page, with typed columns, compressed
    Parquet,
    /// The text; a line with a form feed between two pages
    Txt,
    /// The text as Markdown; separated likewise
    Md,
    /// One row a block: id, index, label, score, tag, text
    Csv,
}

/// What inputs hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum InputFormat {
    /// What a file's extension says; without a known one, its first bytes
    Auto,
    /// One page of HTML a file
    Html,
    /// One page of plain text a file
    Text,
    /// One page a line: an object with `html` or `text`, and `id` and `url`
    Jsonl,
    /// One page a response record with HTML
    Warc,
    /// One page a row, in the columns `html` or `text`, `id` and `url`
    Parquet,
}

/// The kinds of pages that models are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaName {
    /// Pages with a DOM
    Html,
    /// Plain text
    Text,
}

impl SchemaName {
    /// The features of such pages.
    pub fn schema(self) -> &'static Schema {
        match self {
            SchemaName::Html => &features::HTML,
            SchemaName::Text => &features::TEXT,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_commands_hang_together() {
        Args::command().debug_assert();
    }
}

/// What is fitted.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum LearnerName {
    /// Gradient-boosted trees in two passes
    #[default]
    Trees,
    /// Logistic regression on binned features: a smaller, less accurate model
    Linear,
}

impl From<LearnerName> for Learner {
    fn from(name: LearnerName) -> Learner {
        match name {
            LearnerName::Trees => Learner::Trees,
            LearnerName::Linear => Learner::Linear,
        }
    }
}
