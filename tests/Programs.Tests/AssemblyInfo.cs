[assembly: AssemblyFixture(typeof(Krewe.TestDatabase.SharedServer))]
