//! `dehusk train`: from labelled pages, or from their tables, to model files.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use dehusk::confidence::{self, Confidence, Outcome};
use dehusk::evaluation;
use dehusk::features::Schema;
use dehusk::lexical::LEXICAL;
use dehusk::model::{Header, Model, Scorer};
use dehusk::training::table::Table;
use dehusk::training::{self, Learner, Settings};
use tracing::info;

use super::args::TrainArgs;
use super::records::{create, create_directory};
use super::{Status, data, is_directory, stderr};

/// What models are to be trained, and where they go.
pub struct Train {
    lessons: Vec<Lessons>,
    output: PathBuf,
    learner: Learner,
    /// Pages that could not be read.
    failed: u64,
}

/// What one model learns from.
struct Lessons {
    schema: &'static Schema,
    table: Table,
    /// Measured elsewhere, for the model's header.
    figures: BTreeMap<String, f64>,
    /// What its confidence is fitted to.
    outcomes: Vec<Outcome>,
}

impl Train {
    /// Reads the data and chooses the schemas.
    pub fn new(args: TrainArgs) -> anyhow::Result<Train> {
        let TrainArgs { data, output, schema, learner } = args;
        let is_asked =
            |other: &Schema| schema.is_none_or(|schema| schema.schema().name == other.name);
        let most = if is_directory(&output) { usize::MAX } else { 1 };
        let mut lessons = Vec::new();
        let mut failed = 0;
        if let Some(files) = data::table_files(&data)? {
            for file in files {
                let (table, schema) = data::read_table(&file)?;
                if is_asked(schema) {
                    let (figures, outcomes) = (figures(&file, schema)?, outcomes(&file)?);
                    lessons.push(Lessons { schema, table, figures, outcomes });
                }
            }
            // By default html, as for pages.
            lessons.sort_by_key(|lessons| lessons.schema.name);
            if let Some(two) =
                lessons.windows(2).find(|two| two[0].schema.name == two[1].schema.name)
            {
                let name = two[0].schema.name;
                bail!("more than one {name} table: make one of all pages with `dehusk features`");
            }
            lessons.truncate(most);
        } else {
            let (pages, unread) = data::read_pages(&data)?;
            failed += unread;
            let schemas = data::schemas_of(&pages).into_iter().filter(|schema| is_asked(schema));
            for schema in schemas.take(most) {
                let busy =
                    stderr::busy(format!("reading {} pages for {}", pages.len(), schema.name));
                let (table, errors) = evaluation::table(&pages, schema, &Settings::of(schema));
                busy.finish_and_clear();
                failed += data::tell(errors);
                let figures = BTreeMap::new();
                lessons.push(Lessons { schema, table, figures, outcomes: Vec::new() });
            }
        }
        if lessons.is_empty() {
            bail!("the data hold nothing that a model of this schema could learn from");
        }
        Ok(Train { lessons, output, learner: learner.into(), failed })
    }

    /// Fits and writes the models.
    pub fn run(self) -> anyhow::Result<Status> {
        let Train { lessons, output, learner, failed } = self;
        let directory = is_directory(&output);
        if directory {
            create_directory(&output)?;
        }
        for lessons in lessons {
            let name = lessons.schema.name;
            let path =
                if directory { output.join(format!("{name}.model")) } else { output.clone() };
            let mut file = create(&path)?;
            let model = lessons.fit(learner)?;
            let cannot = || format!("cannot write {}", path.display());
            model.write(&mut file).with_context(cannot)?;
            file.finish().with_context(cannot)?;
            let Header { pages, blocks, .. } = model.header;
            eprintln!(
                "{}: {name} model, trained on {pages} pages, {blocks} blocks",
                path.display()
            );
        }
        Ok(Status::of(failed))
    }
}

impl Lessons {
    fn fit(self, learner: Learner) -> anyhow::Result<Model> {
        let Lessons { schema, table, figures, outcomes } = self;
        let (pages, blocks) = (table.pages().len(), table.blocks());
        let settings = Settings { learner, ..Settings::of(schema) };
        let busy =
            stderr::busy(format!("training for {} on {pages} pages, {blocks} blocks", schema.name));
        let (classifier, page_types) = training::fit(&table, schema, &settings, &|_| true)
            .with_context(|| format!("cannot train for {} on {pages} pages", schema.name))?;
        let confidence = match outcomes.len() {
            0 => None,
            n => Some(
                Confidence::fit(&outcomes)
                    .with_context(|| format!("cannot fit confidence to {n} outcomes"))?,
            ),
        };
        busy.finish_and_clear();
        if let Scorer::Trees(trees) = &classifier.first.scorer {
            let (gain, columns) = (trees.feature_gain(), &classifier.first.view.columns);
            let mut order: Vec<usize> = (0..gain.len()).collect();
            order.sort_by(|a, b| gain[*b].total_cmp(&gain[*a]));
            let features = [&schema.features[..], &LEXICAL.features].concat();
            for (feature, shift) in order.iter().take(10).map(|i| columns[*i]) {
                info!("among the ten best features: {} {shift:+}", features[feature].name);
            }
        }
        let header = Header::new(schema, pages, blocks, figures);
        Ok(Model { header, classifier, page_types, confidence })
    }
}

/// The figures of the schema in the `figures.json` beside a table.
fn figures(table: &Path, schema: &Schema) -> anyhow::Result<BTreeMap<String, f64>> {
    let path = table.with_file_name("figures.json");
    if !path.exists() {
        return Ok(BTreeMap::new());
    }
    let cannot = || format!("cannot read {}", path.display());
    let json = fs::read(&path).with_context(cannot)?;
    let mut by_schema: BTreeMap<String, BTreeMap<String, f64>> =
        serde_json::from_slice(&json).with_context(cannot)?;
    Ok(by_schema.remove(schema.name).unwrap_or_default())
}

/// The outcomes in the `NAME.outcomes.csv` beside a table.
fn outcomes(table: &Path) -> anyhow::Result<Vec<Outcome>> {
    let path = table.with_extension("outcomes.csv");
    if !path.exists() {
        return Ok(Vec::new());
    }
    let cannot = || format!("cannot read {}", path.display());
    let file = File::open(&path).with_context(cannot)?;
    confidence::read_outcomes(file).with_context(cannot)
}
