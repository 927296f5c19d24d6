[assembly: AssemblyFixture(typeof(Krewe.Member.Tests.SharedServer))]
// Most of these tests wait for members to notice each other.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.All, MaxThreads = 4)]
