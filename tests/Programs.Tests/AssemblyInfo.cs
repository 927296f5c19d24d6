[assembly: AssemblyFixture(typeof(Krewe.Programs.Tests.Running.SharedServer))]
