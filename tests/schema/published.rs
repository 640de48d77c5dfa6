//! The same API as `k8s-openapi` publishes it, in the words of `schema.txt`: read from its JSON schemas.

use k8s_openapi::schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// JSON schemas by the full name that Kubernetes' OpenAPI document gives them.
pub struct Published {
    schemas: Map<String, Value>,
}

impl Published {
    /// Everything that the supported kinds reach.
    pub fn new() -> Self {
        use k8s_openapi::api::{apps, batch, core, discovery, policy, scheduling};
        let mut generator = SchemaGenerator::default();
        add::<core::v1::ConfigMap>(&mut generator);
        add::<core::v1::Namespace>(&mut generator);
        add::<core::v1::Node>(&mut generator);
        add::<core::v1::PersistentVolumeClaim>(&mut generator);
        add::<core::v1::Pod>(&mut generator);
        add::<core::v1::Secret>(&mut generator);
        add::<core::v1::Service>(&mut generator);
        add::<core::v1::ServiceAccount>(&mut generator);
        add::<apps::v1::ControllerRevision>(&mut generator);
        add::<apps::v1::DaemonSet>(&mut generator);
        add::<apps::v1::Deployment>(&mut generator);
        add::<apps::v1::ReplicaSet>(&mut generator);
        add::<batch::v1::CronJob>(&mut generator);
        add::<batch::v1::Job>(&mut generator);
        add::<discovery::v1::EndpointSlice>(&mut generator);
        add::<policy::v1::PodDisruptionBudget>(&mut generator);
        add::<scheduling::v1::PriorityClass>(&mut generator);
        Published { schemas: generator.take_definitions(true) }
    }

    /// The short name of every published struct, and its fields: name to type and whether it is required.
    pub fn structs(&self) -> BTreeMap<&str, BTreeMap<&str, (String, bool)>> {
        let structs = self.schemas.iter().filter_map(|(name, schema)| {
            let properties = schema.get("properties")?.as_object()?;
            let required = schema["required"].as_array().map_or(&[][..], Vec::as_slice);
            let fields = properties.iter().map(|(field, property)| {
                (field.as_str(), (self.type_of(property), required.iter().any(|r| r == field)))
            });
            Some((short(name), fields.collect()))
        });
        structs.collect()
    }

    fn type_of(&self, property: &Value) -> String {
        if let Some(reference) = property["$ref"].as_str() {
            return named(short(reference));
        }
        if let Some(alternatives) = property["allOf"].as_array() {
            return alternatives.first().map_or_else(String::new, |a| self.type_of(a));
        }
        match (property["type"].as_str().unwrap_or(""), property["format"].as_str().unwrap_or("")) {
            ("array", _) => format!("[{}", self.type_of(&property["items"])),
            ("object", _) if property["additionalProperties"].is_object() => {
                format!("{{{}", self.type_of(&property["additionalProperties"]))
            }
            ("string", "byte") => "y".to_owned(),
            ("string", "date-time") => "t".to_owned(),
            ("string", _) => "s".to_owned(),
            ("boolean", _) => "b".to_owned(),
            ("integer", "int32") => "i".to_owned(),
            ("integer", "int64") => "l".to_owned(),
            _ => format!("? {property}"),
        }
    }
}

fn add<T: JsonSchema>(generator: &mut SchemaGenerator) {
    generator.subschema_for::<T>();
}

fn short(name: &str) -> &str {
    name.rsplit(['.', '/']).next().unwrap_or(name)
}

/// Types that `schema.txt` has a letter for.
fn named(name: &str) -> String {
    match name {
        "Quantity" => "q",
        "IntOrString" => "x",
        "Time" => "t",
        "MicroTime" => "T",
        "RawExtension" | "FieldsV1" => "r",
        "ByteString" => "y",
        other => other,
    }
    .to_owned()
}
