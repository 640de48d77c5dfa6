//! Dense tables with typed ids.
//!
//! A row's id holds its slot and the serial number of its creation. Slots are used again, serials never: an id of a
//! removed row finds nothing. A removed row stays readable as a ghost until the end of the step that removed it, so that
//! whoever hears of the removal can still see what it was.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

/// The id of a row of type `T`. Ids sort by creation.
pub struct Id<T> {
    /// The place in the table.
    pub slot: u32,
    /// The serial number of the creation, unique in a world among all kinds.
    pub serial: u32,
    kind: PhantomData<fn() -> T>,
}

impl<T> Id<T> {
    /// The id of a known row.
    pub const fn new(slot: u32, serial: u32) -> Id<T> {
        Id { slot, serial, kind: PhantomData }
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Id<T> {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Id<T>) -> bool {
        self.serial == other.serial
    }
}

impl<T> Eq for Id<T> {}

impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Id<T>) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Id<T>) -> Ordering {
        self.serial.cmp(&other.serial)
    }
}

impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.serial.hash(state);
    }
}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.serial)
    }
}

#[derive(Clone, Debug)]
struct Row<T> {
    serial: u32,
    live: bool,
    value: T,
}

/// A table of rows.
#[derive(Clone, Debug)]
pub struct Table<T> {
    rows: Vec<Row<T>>,
    free: Vec<u32>,
    buried: Vec<u32>,
    live: usize,
}

impl<T> Default for Table<T> {
    fn default() -> Table<T> {
        Table { rows: Vec::new(), free: Vec::new(), buried: Vec::new(), live: 0 }
    }
}

impl<T> Table<T> {
    /// Adds a row under a serial number.
    pub(super) fn insert(&mut self, serial: u32, value: T) -> Id<T> {
        self.live += 1;
        let row = Row { serial, live: true, value };
        if let Some(slot) = self.free.pop()
            && let Some(place) = self.rows.get_mut(slot as usize)
        {
            *place = row;
            return Id::new(slot, serial);
        }
        self.rows.push(row);
        Id::new((self.rows.len() - 1) as u32, serial)
    }

    /// Removes a row; it stays as a ghost until [`Table::bury`].
    pub(super) fn remove(&mut self, id: Id<T>) -> bool {
        match self.rows.get_mut(id.slot as usize) {
            Some(row) if row.serial == id.serial && row.live => {
                row.live = false;
                self.live -= 1;
                self.buried.push(id.slot);
                true
            }
            _ => false,
        }
    }

    /// Frees the slots of removed rows.
    pub(super) fn bury(&mut self) {
        self.free.append(&mut self.buried);
    }

    /// The row, unless it was removed.
    pub fn get(&self, id: Id<T>) -> Option<&T> {
        self.rows.get(id.slot as usize).filter(|row| row.serial == id.serial && row.live).map(|row| &row.value)
    }

    /// The row, also when it was removed in this very step.
    pub fn ghost(&self, id: Id<T>) -> Option<&T> {
        self.rows.get(id.slot as usize).filter(|row| row.serial == id.serial).map(|row| &row.value)
    }

    pub(super) fn get_mut(&mut self, id: Id<T>) -> Option<&mut T> {
        self.rows.get_mut(id.slot as usize).filter(|row| row.serial == id.serial && row.live).map(|row| &mut row.value)
    }

    /// All rows in slot order (stable while nothing is created).
    pub fn iter(&self) -> impl Iterator<Item = (Id<T>, &T)> {
        let live = self.rows.iter().enumerate().filter(|(_, row)| row.live);
        live.map(|(slot, row)| (Id::new(slot as u32, row.serial), &row.value))
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.live
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }
}
