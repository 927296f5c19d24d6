[assembly: AssemblyFixture(typeof(Krewe.TestDatabase.SharedServer))]
// Most of the time is spent waiting for members to detect each other.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.All, MaxThreads = 4)]
