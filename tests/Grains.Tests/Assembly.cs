// Much of the time waits for silos and their readers.
[assembly: Xunit.v3.Parallelization(MaxThreads = 3)]
