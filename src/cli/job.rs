//! What a run is about: all that its output depends on. Two runs of which this is the same write the same
//! bytes, so one can go on where the other ended.

use std::fs;
use std::path::Path;

use dehusk::source::Columns;
use serde_json::{Value, json};

use super::args::CleanArgs;

/// The job that these arguments describe, these versions of models, and the digest of a store of sites.
///
/// Of files, size and time of change stand for the content; of directories, the name.
pub fn describe(args: &CleanArgs, models: &[(String, String)], sites: Option<&str>) -> Value {
    let input = &args.input;
    let Columns { html, text, url, id } = input.columns.clone().into();
    json!({
        "inputs": args.inputs.iter().map(|input| describe_path(input)).collect::<Vec<_>>(),
        "input format": format!("{:?}", input.input_format),
        "columns": [html, text, url, id],
        "shard": args.shard.to_string(),
        "max page bytes": input.max_page_bytes,
        "format": format!("{:?}", args.format),
        "kept labels": args.keep.labels().to_string(),
        "blocks": args.blocks,
        "select": args.select,
        "remove": args.remove,
        "rules": args.rules.as_deref().map(describe_path),
        "site evidence": sites,
        "max blocks": input.max_blocks,
        "max depth": input.max_depth,
        "checkpoint": args.checkpoint,
        "errors file": args.errors,
        "versions": models,
    })
}

fn describe_path(path: &Path) -> Value {
    let file = fs::metadata(path).ok().filter(fs::Metadata::is_file);
    let modified = file.as_ref().and_then(|file| file.modified().ok());
    json!({
        "path": path,
        "bytes": file.map(|file| file.len()),
        "modified": modified.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok()),
    })
}

/// What differs between two jobs.
pub fn differences(one: &Value, other: &Value) -> Vec<String> {
    let names = one.as_object().into_iter().flatten().map(|(name, _)| name);
    names.filter(|name| one[name.as_str()] != other[name.as_str()]).cloned().collect()
}
