[assembly: AssemblyFixture(typeof(Krewe.Member.Tests.SharedServer))]
