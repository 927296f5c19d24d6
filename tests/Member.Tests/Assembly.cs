[assembly: AssemblyFixture(typeof(Krewe.Member.Tests.SharedServer))]
// Most of the time is spent waiting for members to detect each other.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.All, MaxThreads = 4)]
