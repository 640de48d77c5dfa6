//! A module that reports every function it enters.

use crate::Failure;
use crate::facts::Facts;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{CodeSection, EntityType, ImportSection, Instruction, Module, TypeSection, ValType};

struct Marker {
    /// How many functions the module imports; the new import comes after them.
    imported: u32,
    /// The type of the new import.
    mark_type: u32,
    /// The next function's number.
    next: u32,
}

impl Reencode for Marker {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Self::Error>> {
        Ok(if function < self.imported { function } else { function + 1 })
    }

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: wasmparser::TypeSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        utils::parse_type_section(self, types, section)?;
        types.ty().function([ValType::I32], []);
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: wasmparser::ImportSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        utils::parse_import_section(self, imports, section)?;
        imports.import("split", "mark", EntityType::Function(self.mark_type));
        Ok(())
    }

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: wasmparser::FunctionBody<'_>,
    ) -> Result<(), Error<Self::Error>> {
        let mut function = self.new_function_with_parsed_locals(&body)?;
        function.instruction(&Instruction::I32Const(self.next as i32));
        function.instruction(&Instruction::Call(self.imported));
        self.next += 1;
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            function.instruction(&self.parse_instruction(&mut reader)?);
        }
        code.function(&function);
        Ok(())
    }
}

/// Adds the reports. Functions are numbered as in the module that comes in.
///
/// # Errors
/// A module that cannot be read.
pub fn mark(bytes: &[u8]) -> Result<Vec<u8>, Failure> {
    let facts = Facts::of(bytes)?;
    let mut marker =
        Marker { imported: facts.imported, mark_type: facts.parameters.len() as u32, next: facts.imported };
    let mut module = Module::new();
    marker.parse_core_module(&mut module, wasmparser::Parser::new(0), bytes)?;
    Ok(module.finish())
}
