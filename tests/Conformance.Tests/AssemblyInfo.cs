// Memory, thread counts and stops are looked at from outside: one server at a time.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
