// Times and memory are measured on whole machines: one cluster at a time.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
[assembly: AssemblyFixture(typeof(Krewe.TestDatabase.SharedServer))]
