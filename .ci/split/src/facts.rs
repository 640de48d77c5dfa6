//! What has to be known of a module before it is taken apart.

use crate::Failure;
use std::collections::BTreeSet;
use wasmparser::{ElementItems, ElementKind, ExternalKind, Operator, Parser, Payload, TypeRef};

/// A module, read once.
#[derive(Default)]
pub struct Facts<'a> {
    /// Parameters of each type, by index; their number is what a stand-in passes on.
    pub parameters: Vec<u32>,
    /// The type of each function, imported ones first.
    pub types: Vec<u32>,
    /// How many functions are imported.
    pub imported: u32,
    /// The bodies of the others.
    pub bodies: Vec<wasmparser::FunctionBody<'a>>,
    /// For each defined function the functions its body names.
    pub callees: Vec<BTreeSet<u32>>,
    /// (slot, function) of the function table.
    pub slots: Vec<(u32, u32)>,
    /// Functions that are exported or named by a constant.
    pub rooted: BTreeSet<u32>,
    /// Functions whose reference is taken by an instruction.
    pub referenced: BTreeSet<u32>,
    pub globals: Vec<wasmparser::GlobalType>,
    pub tables: Vec<wasmparser::TableType>,
    pub memory: Option<wasmparser::MemoryType>,
}

impl<'a> Facts<'a> {
    /// Reads a module.
    ///
    /// # Errors
    /// What the module holds that this tool does not know how to part.
    pub fn of(bytes: &'a [u8]) -> Result<Facts<'a>, Failure> {
        let mut facts = Facts::default();
        for payload in Parser::new(0).parse_all(bytes) {
            facts.take(payload?)?;
        }
        for body in &facts.bodies {
            let mut callees = BTreeSet::new();
            let mut reader = body.get_operators_reader()?;
            while !reader.eof() {
                match reader.read()? {
                    Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                        callees.insert(function_index);
                    }
                    Operator::RefFunc { function_index } => {
                        callees.insert(function_index);
                        facts.referenced.insert(function_index);
                    }
                    _ => {}
                }
            }
            facts.callees.push(callees);
        }
        Ok(facts)
    }

    /// The number of functions, imported ones included.
    pub fn count(&self) -> u32 {
        self.types.len() as u32
    }

    fn take(&mut self, payload: Payload<'a>) -> Result<(), Failure> {
        match payload {
            Payload::TypeSection(section) => {
                for group in section {
                    for one in group?.into_types() {
                        let wasmparser::CompositeInnerType::Func(function) = one.composite_type.inner else {
                            return Err("a type that is not a function's".into());
                        };
                        self.parameters.push(function.params().len() as u32);
                    }
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    match import?.ty {
                        TypeRef::Func(index) => self.types.push(index),
                        _ => return Err("an import that is not a function".into()),
                    }
                }
                self.imported = self.count();
            }
            Payload::FunctionSection(section) => {
                for index in section {
                    self.types.push(index?);
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    self.tables.push(table?.ty);
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    self.memory = Some(memory?);
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    self.globals.push(global?.ty);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    if export.kind == ExternalKind::Func {
                        self.rooted.insert(export.index);
                    }
                }
            }
            Payload::StartSection { func, .. } => {
                self.rooted.insert(func);
            }
            Payload::ElementSection(section) => {
                for element in section {
                    self.take_element(element?)?;
                }
            }
            Payload::CodeSectionEntry(body) => self.bodies.push(body),
            _ => {}
        }
        Ok(())
    }

    fn take_element(&mut self, element: wasmparser::Element<'a>) -> Result<(), Failure> {
        let ElementItems::Functions(functions) = element.items else {
            return Err("table elements that are not plain functions".into());
        };
        let ElementKind::Active { table_index, offset_expr } = element.kind else {
            return Err("table elements that are not active".into());
        };
        if table_index.unwrap_or(0) != 0 {
            return Err("functions in a second table".into());
        }
        let Operator::I32Const { value } = offset_expr.get_operators_reader().read()? else {
            return Err("table elements at an offset that is no constant".into());
        };
        for (number, function) in functions.into_iter().enumerate() {
            self.slots.push((value as u32 + number as u32, function?));
        }
        Ok(())
    }
}
