//! Stateless seeded randomness.
//!
//! A draw is a hash of (seed, stream, object, n): nobody holds a generator, so two forks of one simulation differ only by
//! what caused them to, and the order in which actors draw does not matter.

/// What a draw is for; draws of different streams never influence each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Stream {
    /// The five random characters of a generated name.
    NameSuffix = 1,
    /// The UID of a created object.
    Uid = 2,
    /// Ports the API server allocates.
    NodePort = 3,
    /// Cluster addresses the API server allocates.
    ClusterIp = 4,
    /// Which endpoint a request goes to.
    Endpoint = 5,
    /// Start and stop spread of the realistic kubelet profile.
    Kubelet = 6,
    /// What `$RANDOM` gives in a container.
    Shell = 7,
    /// When, within its ten seconds, a kubelet renews its Lease.
    Lease = 8,
}

/// The alphabet of generated names: no vowels, no digits that look like letters.
/// Upstream: k8s.io/apimachinery/pkg/util/rand/rand.go.
const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// Length of a generated suffix, in characters.
pub const SUFFIX_CHARS: usize = 5;

/// The source of all chance in a simulation.
///
/// ```
/// use orrery::dice::{Dice, Stream};
/// let dice = Dice::new(1);
/// assert_eq!(dice.draw(Stream::Uid, 7, 0), Dice::new(1).draw(Stream::Uid, 7, 0));
/// assert_ne!(dice.draw(Stream::Uid, 7, 0), dice.draw(Stream::Uid, 8, 0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dice {
    seed: u64,
}

impl Dice {
    /// Dice with a scenario's seed.
    pub const fn new(seed: u64) -> Dice {
        Dice { seed }
    }

    /// The seed they were made with.
    pub const fn seed(self) -> u64 {
        self.seed
    }

    /// 64 even bits for the `n`-th draw that `object` makes from `stream`.
    pub const fn draw(self, stream: Stream, object: u64, n: u64) -> u64 {
        let mut state = mix(self.seed ^ 0x6f72_7265_7279_0001);
        state = mix(state ^ stream as u64);
        state = mix(state ^ object);
        mix(state ^ n)
    }

    /// A draw from 0 to `bound - 1`; 0 for a bound of 0.
    pub const fn below(self, stream: Stream, object: u64, n: u64, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        ((self.draw(stream, object, n) as u128 * bound as u128) >> 64) as u64
    }

    /// The random part of a generated name (five characters of upstream's alphabet).
    pub fn suffix(self, object: u64, n: u64) -> String {
        let mut bits = self.draw(Stream::NameSuffix, object, n);
        let mut text = String::with_capacity(SUFFIX_CHARS);
        for _ in 0..SUFFIX_CHARS {
            text.push(char::from(ALPHABET[(bits % 27) as usize]));
            bits /= 27;
        }
        text
    }
}

/// Re-encodes a decimal or other text with the alphabet of generated names.
/// Upstream: k8s.io/apimachinery/pkg/util/rand/rand.go SafeEncodeString.
pub fn safe_encode_string(text: &str) -> String {
    text.bytes().map(|byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()])).collect()
}

/// FNV-1a, 64 bits: the hash behind every digest that is compared across runs.
pub const fn fnv1a(mut hash: u64, bytes: &[u8]) -> u64 {
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        at += 1;
    }
    hash
}

/// The starting value of [`fnv1a`].
pub const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

/// The finaliser of SplitMix64: a bijection whose output bits all depend on all input bits.
const fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_use_upstreams_alphabet_and_rarely_collide() {
        let dice = Dice::new(1);
        let mut seen = std::collections::BTreeSet::new();
        for n in 0..1_000 {
            let suffix = dice.suffix(1, n);
            assert!(suffix.len() == SUFFIX_CHARS && suffix.bytes().all(|b| ALPHABET.contains(&b)), "{suffix}");
            seen.insert(suffix);
        }
        assert!(seen.len() > 990);
    }

    #[test]
    fn below_stays_below_and_reaches_all_values() {
        let dice = Dice::new(9);
        let drawn: std::collections::BTreeSet<u64> = (0..200).map(|n| dice.below(Stream::Endpoint, 3, n, 6)).collect();
        assert_eq!(drawn, (0..6).collect());
        assert_eq!(dice.below(Stream::Endpoint, 3, 0, 0), 0);
    }

    #[test]
    fn a_hash_is_encoded_character_by_character() {
        assert_eq!(safe_encode_string("0123456789"), "456789bcdf");
    }
}
