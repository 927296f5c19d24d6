using System.Globalization;
using System.Text;
using Krewe.Cluster.Tests.Setup;
using Krewe.Onnx.Tiny;
using Krewe.TestDatabase;

namespace Krewe.Cluster.Tests.Networks;

/// <summary>
/// PostgreSQL (<c>database</c>), three silos (<c>silo-1</c>…) and two gateways (<c>gateway-1</c>…), each on a machine of its own in
/// a <see cref="TestNetwork"/>. The callers are outside, and check the value of every answer.
/// </summary>
internal sealed class NetworkedCluster : IAsyncDisposable
{
    /// <summary>The name of the database's machine.</summary>
    public const string Database = "database";

    /// <summary>A model with one replica.</summary>
    public const string Single = "single";

    /// <summary>A model with two replicas.</summary>
    public const string Pair = "pair";

    /// <summary>The longest that a call may take while a sibling of the lost replica serves.</summary>
    public static readonly TimeSpan WithSibling = TimeSpan.FromSeconds(2);

    private const int Callers = 12;
    private readonly ModelsFolder models = new();
    private PostgreSqlServer server = null!;

    private NetworkedCluster(TestNetwork network) => Network = network;

    /// <summary>The links.</summary>
    public TestNetwork Network { get; }

    /// <summary>The programs.</summary>
    public TestCluster Programs { get; private set; } = null!;

    /// <summary>The connection string, good for the test as well.</summary>
    public string ConnectionString => server.ConnectionString;

    /// <summary>Starts everything; skips the test where no network can be made.</summary>
    public static async Task<NetworkedCluster> StartAsync(int silos = 3, int gateways = 2)
    {
        string[] members = [.. Names("silo", silos), .. Names("gateway", gateways)];
        var cluster = new NetworkedCluster(await TestNetwork.CreateAsync([Database, .. members]));
        try
        {
            await cluster.StartAsync(silos, gateways, cluster.Network.Machines);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts 12 callers of a model, spread over the gateways; stop it before the cluster.</summary>
    public SteadyLoad StartLoad(string model) => SteadyLoad.Start(Callers, number =>
    {
        var body = $$"""{"inputs":[{"name":"index","shape":[1],"datatype":"INT64","data":[{{number}}]}]}""";
        var expected = string.Create(CultureInfo.InvariantCulture, $"\"data\":[{2 * number},{(2 * number) + 1}]");
        var address = Programs.GatewayAddresses[number % Programs.GatewayAddresses.Length];
        return new HttpCaller(address, Calls.InferPath(model), Encoding.ASCII.GetBytes(body), expected: expected).CallAsync;
    });

    /// <summary>What the database has on a member's present process: 3 is active, 6 dead.</summary>
    public Task<int> ReadStatusAsync(string member) => PostgreSqlServer.ReadAsync<int>(
        ConnectionString, $"SELECT status FROM krewe.member WHERE cluster_id = '{Programs.ClusterId}' AND name = '{member}' ORDER BY generation DESC LIMIT 1");

    /// <summary>That everybody is a member still, but for those named, who may have been declared dead; and no answer was wrong.</summary>
    public async Task AssertHealthyAsync(SteadyLoad load, params string[] butFor)
    {
        foreach (var member in Network.Machines.Keys.Except(butFor).Where(static name => name != Database))
        {
            Assert.False(Process(member).HasExited, $"{member} has ended:\n{string.Join('\n', Process(member).Log)}");
            Assert.Equal(3, await ReadStatusAsync(member));
        }

        Assert.DoesNotContain(load.Failures, static failure => failure.Contains("wrong answer", StringComparison.Ordinal));
    }

    /// <summary>Lets the calls to <see cref="Pair"/> that are under way end, of which none may have failed; how long the longest took.</summary>
    public static async Task<TimeSpan> StopAsync(string what, SteadyLoad load)
    {
        await load.StopAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Summary.Say($"{what}: {load}");
        Assert.Empty(load.Failures);
        return load.LongestCall;
    }

    /// <summary>Starts callers of <see cref="Pair"/>, and waits until its replicas are loaded; the names of the two silos that have them.</summary>
    public async Task<(SteadyLoad Load, string[] Silos)> LoadPairAsync()
    {
        var warmUp = StartLoad(Pair);
        int[] places = [];
        await Calls.UntilAsync(
            async () => (places = await Programs.FindReplicasAsync(Pair)) is [>= 0, >= 0] && places[0] != places[1],
            "both replicas are loaded, each on a silo of its own");
        await warmUp.StopAsync();
        Assert.Empty(warmUp.Failures);
        var load = StartLoad(Pair);
        await load.WaitForAnswersAsync(500);
        return (load, [.. Array.ConvertAll(places, static place => $"silo-{place + 1}")]);
    }

    /// <summary>Takes a machine away: off the network, and its process killed, so that nobody refuses anything.</summary>
    public async Task TakeAwayAsync(string member)
    {
        await Network.UnplugAsync(member);
        Process(member).Kill();
    }

    /// <summary>The process of a silo or gateway.</summary>
    public ProgramProcess Process(string member)
    {
        var number = int.Parse(member.AsSpan(member.IndexOf('-', StringComparison.Ordinal) + 1), CultureInfo.InvariantCulture) - 1;
        return member.StartsWith("silo", StringComparison.Ordinal) ? Programs.Silos[number] : Programs.Gateways[number];
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await using (Network)
        {
            try
            {
                await ReviveAsync();
                await using (server)
                {
                    await (Programs?.DisposeAsync() ?? default);
                }
            }
            finally
            {
                models.Dispose();
            }
        }
    }

    private static IEnumerable<string> Names(string kind, int count) =>
        Enumerable.Range(1, count).Select(number => string.Create(CultureInfo.InvariantCulture, $"{kind}-{number}"));

    private async Task StartAsync(int silos, int gateways, IReadOnlyDictionary<string, Machine> machines)
    {
        models.Add(Single, TinyModels.Gather(rows: Callers)).Add(Pair, 1, TinyModels.Gather(rows: Callers).ToBytes(), """{"replicas":{"min":2,"max":2}}""");
        server = await PostgreSqlServer.CreateAsync($"{machines[Database].Address}", machines[Database].Launcher);
        Programs = await TestCluster.StartAsync(
            server.ConnectionString, new ClusterOptions { Models = models.Path, Silos = silos, Gateways = gateways, Machines = machines });
    }

    // Everybody goes on and reaches everybody, so that an orderly stop is possible.
    private async Task ReviveAsync()
    {
        await Network.HealAsync();
        foreach (var machine in Network.Machines.Keys)
        {
            await Network.ThawAsync(machine);
        }
    }
}
