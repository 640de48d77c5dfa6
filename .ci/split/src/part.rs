//! Two modules out of one.

use crate::Failure;
use crate::facts::Facts;
use std::collections::{BTreeMap, BTreeSet};
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    CodeSection, ConstExpr, ElementSection, Elements, EntityType, ExportKind, ExportSection, Function, FunctionSection,
    GlobalSection, GlobalType, ImportSection, Instruction, Module, RawSection, TableSection, TypeSection, ValType,
};
use wasmparser::{Parser, Payload};

/// What parting gives.
pub struct Parts {
    pub first: Vec<u8>,
    pub rest: Vec<u8>,
    /// For people.
    pub summary: String,
}

/// Where everything goes.
struct Plan<'a> {
    facts: Facts<'a>,
    /// Functions that are moved, by index in the whole module.
    moved: BTreeSet<u32>,
    /// Moved functions that the first part can reach, with the slot they are called through.
    stand_ins: BTreeMap<u32, u32>,
    /// Functions of the first part (imports included) that moved ones call.
    shared: BTreeSet<u32>,
    /// The size of the function table with the stand-ins' slots.
    table_size: u64,
}

impl<'a> Plan<'a> {
    fn of(facts: Facts<'a>, called: &BTreeSet<u32>) -> Plan<'a> {
        let moved: BTreeSet<u32> = (facts.imported..facts.count())
            .filter(|index| !called.contains(index) && !facts.referenced.contains(index))
            .collect();
        let mut stand_ins = BTreeMap::new();
        for (slot, function) in facts.slots.iter().filter(|(_, function)| moved.contains(function)) {
            stand_ins.insert(*function, *slot);
        }
        let mut table_size = facts.tables[0].initial;
        let mut reach = |function: u32| {
            if moved.contains(&function) {
                stand_ins.entry(function).or_insert_with(|| {
                    table_size += 1;
                    table_size as u32 - 1
                });
            }
        };
        facts.rooted.iter().copied().for_each(&mut reach);
        let mut shared = BTreeSet::new();
        for (number, callees) in facts.callees.iter().enumerate() {
            if moved.contains(&(facts.imported + number as u32)) {
                shared.extend(callees.iter().filter(|callee| !moved.contains(callee)));
            } else {
                callees.iter().copied().for_each(&mut reach);
            }
        }
        Plan { facts, moved, stand_ins, shared, table_size }
    }

    fn body(&self, function: u32) -> &wasmparser::FunctionBody<'a> {
        &self.facts.bodies[(function - self.facts.imported) as usize]
    }
}

/// Renumbers functions.
struct Renumber {
    numbers: BTreeMap<u32, u32>,
}

impl Reencode for Renumber {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Self::Error>> {
        Ok(*self.numbers.get(&function).expect("every function that is named has a number"))
    }
}

/// Parts a module; `called` are the functions that the first part keeps.
///
/// # Errors
/// A module that cannot be read or parted.
pub fn part(bytes: &[u8], called: &BTreeSet<u32>) -> Result<Parts, Failure> {
    let plan = Plan::of(Facts::of(bytes)?, called);
    let summary = format!(
        "{} functions: {} at first ({} of them stand-ins), {} later",
        plan.facts.bodies.len(),
        plan.facts.bodies.len() - plan.moved.len() + plan.stand_ins.len(),
        plan.stand_ins.len(),
        plan.moved.len()
    );
    Ok(Parts { first: first(bytes, &plan)?, rest: rest(bytes, &plan)?, summary })
}

/// Short names for what the parts share.
fn name(kind: char, index: u32) -> String {
    format!("{kind}{index:x}")
}

/// The part that arrives first. Of the whole module's sections those without functions stay as they are.
fn first(bytes: &[u8], plan: &Plan) -> Result<Vec<u8>, Failure> {
    let facts = &plan.facts;
    let load = facts.imported;
    let kept = (facts.imported..facts.count())
        .filter(|index| !plan.moved.contains(index) || plan.stand_ins.contains_key(index));
    let kept: Vec<u32> = kept.collect();
    let mut numbers: BTreeMap<u32, u32> = (0..facts.imported).map(|index| (index, index)).collect();
    numbers.extend(kept.iter().enumerate().map(|(at, index)| (*index, load + 1 + at as u32)));
    let mut renumber = Renumber { numbers };
    let ready = facts.globals.len() as u32;
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::TypeSection(section) => {
                let mut types = TypeSection::new();
                renumber.parse_type_section(&mut types, section)?;
                types.ty().function([], []);
                module.section(&types);
            }
            Payload::ImportSection(section) => {
                let mut imports = ImportSection::new();
                renumber.parse_import_section(&mut imports, section)?;
                imports.import("split", "load", EntityType::Function(facts.parameters.len() as u32));
                module.section(&imports);
            }
            Payload::FunctionSection(_) => {
                let mut functions = FunctionSection::new();
                for index in &kept {
                    functions.function(facts.types[*index as usize]);
                }
                module.section(&functions);
            }
            Payload::TableSection(section) => {
                let mut tables = TableSection::new();
                for (number, table) in section.into_iter().enumerate() {
                    let mut table = renumber.table_type(table?.ty)?;
                    if number == 0 {
                        table.minimum = plan.table_size;
                        table.maximum = table.maximum.map(|maximum| maximum.max(plan.table_size));
                    }
                    tables.table(table);
                }
                module.section(&tables);
            }
            Payload::GlobalSection(section) => {
                let mut globals = GlobalSection::new();
                renumber.parse_global_section(&mut globals, section)?;
                globals.global(flag(), &ConstExpr::i32_const(0));
                module.section(&globals);
            }
            Payload::ExportSection(section) => {
                let mut exports = ExportSection::new();
                renumber.parse_export_section(&mut exports, section)?;
                export_shared(&mut exports, plan, &renumber);
                exports.export("split_ready", ExportKind::Global, ready);
                module.section(&exports);
            }
            Payload::CodeSectionStart { .. } => {
                let mut code = CodeSection::new();
                for index in &kept {
                    match plan.stand_ins.get(index) {
                        Some(slot) => {
                            let type_index = facts.types[*index as usize];
                            code.function(&stand_in(facts, type_index, *slot, load, ready));
                        }
                        None => renumber.parse_function_body(&mut code, plan.body(*index).clone())?,
                    }
                }
                module.section(&code);
            }
            Payload::CodeSectionEntry(_) | Payload::CustomSection(_) | Payload::Version { .. } | Payload::End(_) => {}
            Payload::ElementSection(section) => {
                let mut elements = ElementSection::new();
                utils::parse_element_section(&mut renumber, &mut elements, section)?;
                module.section(&elements);
            }
            Payload::StartSection { func, .. } => {
                let function_index = renumber.function_index(func)?;
                module.section(&wasm_encoder::StartSection { function_index });
            }
            other => {
                let (id, range) = other.as_section().ok_or("an unknown part of a module")?;
                module.section(&RawSection { id, data: &bytes[range.start as usize..range.end as usize] });
            }
        }
    }
    Ok(module.finish())
}

const fn flag() -> GlobalType {
    GlobalType { val_type: ValType::I32, mutable: true, shared: false }
}

fn export_shared(exports: &mut ExportSection, plan: &Plan, renumber: &Renumber) {
    for index in &plan.shared {
        exports.export(&name('f', *index), ExportKind::Func, renumber.numbers[index]);
    }
    for n in 0..plan.facts.globals.len() as u32 {
        exports.export(&name('g', n), ExportKind::Global, n);
    }
    for n in 0..plan.facts.tables.len() as u32 {
        exports.export(&name('t', n), ExportKind::Table, n);
    }
    exports.export("m0", ExportKind::Memory, 0);
}

/// A function that asks for the rest when that is not there yet, and then calls through the table.
fn stand_in(facts: &Facts, type_index: u32, slot: u32, load: u32, ready: u32) -> Function {
    let mut function = Function::new([]);
    function.instruction(&Instruction::GlobalGet(ready));
    function.instruction(&Instruction::I32Eqz);
    function.instruction(&Instruction::If(wasm_encoder::BlockType::Empty));
    function.instruction(&Instruction::Call(load));
    function.instruction(&Instruction::End);
    for parameter in 0..facts.parameters[type_index as usize] {
        function.instruction(&Instruction::LocalGet(parameter));
    }
    function.instruction(&Instruction::I32Const(slot as i32));
    function.instruction(&Instruction::CallIndirect { type_index, table_index: 0 });
    function.instruction(&Instruction::End);
    function
}

/// The part that arrives later: imports everything it shares, and puts its functions into the table.
fn rest(bytes: &[u8], plan: &Plan) -> Result<Vec<u8>, Failure> {
    let facts = &plan.facts;
    let order = plan.shared.iter().chain(&plan.moved).copied();
    let mut renumber = Renumber { numbers: order.zip(0..).collect() };
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(bytes) {
        if let Payload::TypeSection(section) = payload? {
            let mut types = TypeSection::new();
            renumber.parse_type_section(&mut types, section)?;
            module.section(&types);
        }
    }
    let mut imports = ImportSection::new();
    for index in &plan.shared {
        imports.import("first", &name('f', *index), EntityType::Function(facts.types[*index as usize]));
    }
    for (n, global) in facts.globals.iter().enumerate() {
        imports.import("first", &name('g', n as u32), EntityType::Global(renumber.global_type(*global)?));
    }
    for (n, table) in facts.tables.iter().enumerate() {
        let mut table = renumber.table_type(*table)?;
        if n == 0 {
            table.minimum = plan.table_size;
            table.maximum = table.maximum.map(|maximum| maximum.max(plan.table_size));
        }
        imports.import("first", &name('t', n as u32), EntityType::Table(table));
    }
    let memory = facts.memory.ok_or("a module without a memory")?;
    imports.import("first", "m0", EntityType::Memory(renumber.memory_type(memory)?));
    module.section(&imports);
    let mut functions = FunctionSection::new();
    for index in &plan.moved {
        functions.function(facts.types[*index as usize]);
    }
    module.section(&functions);
    module.section(&slots(plan, &renumber));
    let mut code = CodeSection::new();
    for index in &plan.moved {
        renumber.parse_function_body(&mut code, plan.body(*index).clone())?;
    }
    module.section(&code);
    Ok(module.finish())
}

/// The table's slots that the rest fills, neighbours together.
fn slots(plan: &Plan, renumber: &Renumber) -> ElementSection {
    let mut wanted: BTreeMap<u32, u32> = plan.stand_ins.iter().map(|(function, slot)| (*slot, *function)).collect();
    // A function may stand in several slots.
    wanted.extend(plan.facts.slots.iter().filter(|(_, function)| plan.moved.contains(function)).copied());
    let mut runs: Vec<(u32, Vec<u32>)> = Vec::new();
    for (slot, function) in wanted {
        let number = renumber.numbers[&function];
        match runs.last_mut() {
            Some((start, run)) if *start + run.len() as u32 == slot => run.push(number),
            _ => runs.push((slot, vec![number])),
        }
    }
    let mut elements = ElementSection::new();
    for (start, run) in runs {
        elements.active(None, &ConstExpr::i32_const(start as i32), Elements::Functions(run.into()));
    }
    // References taken by instructions have to be declared.
    let referenced: Vec<u32> =
        plan.facts.referenced.iter().filter_map(|index| renumber.numbers.get(index).copied()).collect();
    if !referenced.is_empty() {
        elements.declared(Elements::Functions(referenced.into()));
    }
    elements
}
