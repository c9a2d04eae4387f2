//! The async loop that sends requests: takes pending ones, obeys the pace, records every answer.
