// Memory, thread counts and stops are looked at from outside: one server at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
