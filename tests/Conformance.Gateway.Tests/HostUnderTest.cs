using Krewe.TestDatabase;

[assembly: AssemblyFixture(typeof(SharedServer))]

namespace Krewe.Conformance.Tests;

/// <summary>What these tests are held against: a gateway and one silo, over a database that all tests share.</summary>
internal sealed class HostUnderTest(TestCluster cluster) : IAsyncDisposable
{
    /// <summary>What the wire is asked for; everything else is for who runs the models.</summary>
    private static readonly string[] OptionsOfGateway = ["--max-body-size", "--request-timeout", "--grpc-port"];

    public ProgramProcess Front => cluster.Gateways[0];

    public ProgramProcess Runner => cluster.Silos[0];

    public static async Task<HostUnderTest> StartAsync(string models, string[] options, IReadOnlyDictionary<string, string?>? environment)
    {
        var pairs = options.Chunk(2).ToList();
        return new HostUnderTest(await TestCluster.StartAsync(SharedServer.Current!.ConnectionString, new ClusterOptions
        {
            Models = models, Silos = 1, Environment = environment,
            GatewayOptions = [.. pairs.Where(static pair => OptionsOfGateway.Contains(pair[0])).SelectMany(static pair => pair)],
            SiloOptions = [.. pairs.Where(static pair => !OptionsOfGateway.Contains(pair[0])).SelectMany(static pair => pair)],
        }));
    }

    public void Kill() => cluster.KillAll();

    public ValueTask DisposeAsync() => cluster.DisposeAsync();
}
