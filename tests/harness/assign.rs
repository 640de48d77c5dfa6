//! The cheapest way to pair two lists.

/// For each row the column it is paired with, such that the sum of costs is least. Rows must not outnumber columns.
/// The Hungarian method with potentials.
pub fn assign(costs: &[Vec<f64>]) -> Vec<usize> {
    let (rows, columns) = (costs.len(), costs.first().map_or(0, Vec::len));
    assert!(rows <= columns, "more rows than columns");
    // Row and column 0 are a helper; `owner[column]` is the row that has the column.
    let (mut of_row, mut of_column) = (vec![0.0; rows + 1], vec![0.0; columns + 1]);
    let mut owner = vec![0; columns + 1];
    for row in 1..=rows {
        owner[0] = row;
        let mut column = 0;
        let (mut least, mut used) = (vec![f64::INFINITY; columns + 1], vec![false; columns + 1]);
        let mut from = vec![0; columns + 1];
        while owner[column] != 0 {
            used[column] = true;
            let (mut step, mut next) = (f64::INFINITY, 0);
            for other in 1..=columns {
                if used[other] {
                    continue;
                }
                let cost = costs[owner[column] - 1][other - 1] - of_row[owner[column]] - of_column[other];
                if cost < least[other] {
                    (least[other], from[other]) = (cost, column);
                }
                if least[other] < step {
                    (step, next) = (least[other], other);
                }
            }
            for other in 0..=columns {
                if used[other] {
                    of_row[owner[other]] += step;
                    of_column[other] -= step;
                } else {
                    least[other] -= step;
                }
            }
            column = next;
        }
        while column != 0 {
            owner[column] = owner[from[column]];
            column = from[column];
        }
    }
    let mut paired = vec![0; rows];
    for (column, row) in owner.iter().enumerate().skip(1).filter(|(_, row)| **row > 0) {
        paired[row - 1] = column - 1;
    }
    paired
}
