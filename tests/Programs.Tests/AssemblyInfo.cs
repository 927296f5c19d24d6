[assembly: AssemblyFixture(typeof(Krewe.Programs.Tests.SharedServer))]
