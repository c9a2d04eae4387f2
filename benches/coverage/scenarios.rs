//! The scenarios of the study.

use super::population::Exposure;
use super::population::Likeness;
use super::population::World;
use super::study::Gold;
use super::study::Sampling;
use super::study::Scenario;
use Gold::ByLabel;
use Gold::EqualByLabel;
use Gold::SimpleRandom;
use Sampling::Census;
use Sampling::Exposure as ByExposure;
use Sampling::Groups;
use Sampling::Score;
use Sampling::Uniform;

/// Scenarios that ask the same question.
pub struct Family {
    pub title: &'static str,
    /// What is asked, in a paragraph.
    pub about: &'static str,
    pub scenarios: Vec<Scenario>,
}

const ITEMS: World =
    World { units: 50_000, prevalence: 0.01, exposure: Exposure::Once, likeness: Likeness::Alone };
const VIEWS: World = World { units: 50_000, exposure: Exposure::Pareto, ..ITEMS };
const GROUPS: World = World { units: 100_000, likeness: Likeness::NearDuplicates, ..ITEMS };
const ACCOUNTS: World = World { likeness: Likeness::Accounts, ..GROUPS };

/// Each line: prevalence, sampling, gold.
fn scenarios(world: World, lines: &[(f64, Sampling, Gold)]) -> Vec<Scenario> {
    let of = |&(prevalence, sampling, gold): &(f64, Sampling, Gold)| Scenario {
        world: World { prevalence, ..world },
        sampling,
        gold,
    };
    lines.iter().map(of).collect()
}

/// Returns every family.
pub fn families() -> Vec<Family> {
    [items(), views(), groups(), wasteful()].into_iter().flatten().collect()
}

fn items() -> Vec<Family> {
    vec![
        Family {
            title: "Items, uniform samples, gold by label",
            about: "Prevalence per item; 10,000 of 50,000 units labeled; gold drawn by label (D6).",
            scenarios: scenarios(
                ITEMS,
                &[
                    (0.001, Uniform(10_000), ByLabel(400)),
                    (0.001, Uniform(10_000), ByLabel(600)),
                    (0.005, Uniform(10_000), ByLabel(600)),
                    (0.01, Uniform(10_000), ByLabel(600)),
                    (0.03, Uniform(10_000), ByLabel(800)),
                    (0.05, Uniform(10_000), ByLabel(600)),
                    (0.2, Uniform(10_000), ByLabel(600)),
                    (0.005, Census, ByLabel(1000)),
                ],
            ),
        },
        Family {
            title: "Items, cells with 30 to 100 gold each",
            about: "As above with little gold: `titer gold draw --by-label` keeps at least 30 in each cell.",
            scenarios: scenarios(
                ITEMS,
                &[
                    (0.005, Uniform(10_000), ByLabel(100)),
                    (0.01, Uniform(10_000), ByLabel(100)),
                    (0.04, Uniform(10_000), ByLabel(100)),
                    (0.2, Uniform(10_000), ByLabel(100)),
                    (0.04, Uniform(10_000), ByLabel(200)),
                    (0.2, Uniform(10_000), ByLabel(200)),
                ],
            ),
        },
        Family {
            title: "Items, uniform samples, simple random gold",
            about: "Gold is a simple random part of the labeled sample.",
            scenarios: scenarios(
                ITEMS,
                &[
                    (0.005, Uniform(10_000), SimpleRandom(1000)),
                    (0.01, Uniform(10_000), SimpleRandom(300)),
                    (0.04, Uniform(10_000), SimpleRandom(1000)),
                    (0.2, Uniform(10_000), SimpleRandom(300)),
                ],
            ),
        },
    ]
}

fn views() -> Vec<Family> {
    vec![
        Family {
            title: "Views with heavy tails, priority samples by exposure",
            about: "Prevalence per view, exposure Pareto 1.3; 5,000 of 50,000 units by priority on exposure; gold by label (D6).",
            scenarios: scenarios(
                VIEWS,
                &[
                    (0.001, ByExposure(5000), ByLabel(300)),
                    (0.001, ByExposure(5000), ByLabel(2000)),
                    (0.005, ByExposure(5000), ByLabel(600)),
                    (0.01, ByExposure(5000), ByLabel(100)),
                    (0.01, ByExposure(5000), ByLabel(600)),
                    (0.04, ByExposure(5000), ByLabel(100)),
                    (0.04, ByExposure(5000), ByLabel(300)),
                    (0.04, ByExposure(5000), ByLabel(600)),
                    (0.04, ByExposure(5000), ByLabel(2000)),
                    (0.2, ByExposure(5000), ByLabel(100)),
                    (0.2, ByExposure(5000), ByLabel(600)),
                ],
            ),
        },
        Family {
            title: "Views with heavy tails, priority samples by exposure and score",
            about: "The default design (D5): sizes by exposure and the square root of the score, floor 0.2.",
            scenarios: scenarios(
                VIEWS,
                &[
                    (0.001, Score(5000), ByLabel(600)),
                    (0.005, Score(5000), ByLabel(300)),
                    (0.01, Score(5000), ByLabel(100)),
                    (0.01, Score(5000), ByLabel(600)),
                    (0.04, Score(5000), ByLabel(300)),
                    (0.04, Score(5000), ByLabel(2000)),
                    (0.2, Score(5000), ByLabel(600)),
                ],
            ),
        },
    ]
}

fn groups() -> Vec<Family> {
    vec![
        Family {
            title: "Near-duplicates and accounts, units sampled",
            about: "Half of the groups are single units, the others have 9 on average and up to 62. Each unit is sampled by itself from 100,000 (with exposure: 50,000), and its group is named in the column `cluster`. A group of near-duplicates shares truth and score, and nine times in ten the label.",
            scenarios: [
                scenarios(
                    GROUPS,
                    &[
                        (0.01, Uniform(10_000), ByLabel(600)),
                        (0.04, Uniform(10_000), SimpleRandom(300)),
                    ],
                ),
                scenarios(
                    World { units: 50_000, exposure: Exposure::Pareto, ..GROUPS },
                    &[
                        (0.01, ByExposure(5000), ByLabel(300)),
                        (0.04, ByExposure(5000), ByLabel(600)),
                    ],
                ),
            ]
            .concat(),
        },
        Family {
            title: "Near-duplicates, whole groups sampled",
            about: "As above, and whole groups are sampled, each with all its units: a tenth of 100,000 units, or of 20,000 units the share named in the row.",
            scenarios: [
                scenarios(
                    GROUPS,
                    &[
                        (0.005, Groups(0.1), ByLabel(600)),
                        (0.01, Groups(0.1), ByLabel(100)),
                        (0.01, Groups(0.1), ByLabel(600)),
                        (0.04, Groups(0.1), ByLabel(300)),
                        (0.04, Groups(0.1), ByLabel(2000)),
                        (0.04, Groups(0.1), SimpleRandom(1000)),
                        (0.2, Groups(0.1), ByLabel(600)),
                    ],
                ),
                scenarios(
                    World { units: 20_000, ..GROUPS },
                    &[
                        (0.05, Groups(0.15), ByLabel(800)),
                        (0.1, Groups(0.15), ByLabel(800)),
                        (0.2, Groups(0.05), ByLabel(400)),
                    ],
                ),
            ]
            .concat(),
        },
        Family {
            title: "Accounts, whole accounts sampled",
            about: "A tenth of the accounts is sampled, each with all its units. Units of an account share the score alone; truth and label are each unit's own.",
            scenarios: scenarios(
                ACCOUNTS,
                &[
                    (0.01, Groups(0.1), ByLabel(600)),
                    (0.04, Groups(0.1), ByLabel(300)),
                    (0.04, Groups(0.1), ByLabel(2000)),
                    (0.2, Groups(0.1), ByLabel(2000)),
                ],
            ),
        },
    ]
}

fn wasteful() -> Vec<Family> {
    vec![Family {
        title: "Designs that waste heavy units",
        about: "Not as the specification draws: samples or gold that ignore exposure. Such estimates must carry a code.",
        scenarios: scenarios(
            VIEWS,
            &[
                (0.01, ByExposure(5000), EqualByLabel(600)),
                (0.04, ByExposure(5000), EqualByLabel(600)),
                (0.04, ByExposure(5000), SimpleRandom(600)),
                (0.01, Uniform(10_000), ByLabel(600)),
                (0.04, Uniform(10_000), SimpleRandom(600)),
            ],
        ),
    }]
}
