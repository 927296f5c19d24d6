// Much of the time is spent waiting for silos.
[assembly: Xunit.v3.Parallelization(MaxThreads = 3)]
