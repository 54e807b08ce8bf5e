//! The description of the API.

use std::path::Path;

#[test]
fn the_committed_description_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi.json");
    let committed = std::fs::read_to_string(path).expect("openapi.json is committed");
    assert!(
        committed == pesan::http::openapi_text(),
        "openapi.json is out of date: run `make openapi`"
    );
}

#[test]
fn every_operation_has_a_name_of_its_own_a_summary_and_a_known_tag() {
    let document = serde_json::to_value(pesan::http::openapi()).expect("plain data");
    let tags: Vec<_> = document["tags"]
        .as_array()
        .expect("tags")
        .iter()
        .map(|tag| &tag["name"])
        .collect();
    assert_eq!(document["openapi"], "3.1.0");
    let mut names = Vec::new();
    for operations in document["paths"].as_object().expect("paths").values() {
        for operation in operations.as_object().expect("operations").values() {
            names.push(operation["operationId"].as_str().expect("a name").to_owned());
            assert!(
                operation["summary"].as_str().is_some_and(|text| text.ends_with('.')),
                "{operation}"
            );
            assert!(tags.contains(&&operation["tags"][0]), "{operation}");
        }
    }
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}
