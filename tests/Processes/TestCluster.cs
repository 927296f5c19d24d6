using System.Diagnostics;
using System.Text.Json;

namespace Krewe.Processes;

/// <summary>Silos and gateways as processes over one database: what a test kills, stops and starts again.</summary>
public sealed class TestCluster : IAsyncDisposable
{
    private readonly string database;
    private readonly ClusterOptions options;
    private readonly List<ProgramProcess> gone = [];

    // Any free one at first, which it keeps when it starts again.
    private readonly string[] siloPorts;

    private TestCluster(string database, ClusterOptions options)
    {
        (this.database, this.options) = (database, options);
        siloPorts = new string[options.Silos];
        Silos = new ProgramProcess[options.Silos];
        Gateways = new ProgramProcess[options.Gateways];
        GatewayAddresses = new Uri[options.Gateways];
        AdminAddresses = new Uri[options.Silos];
    }

    /// <summary>The cluster's name in the database, another for each.</summary>
    public string ClusterId { get; } = $"test-{Guid.NewGuid():N}";

    /// <summary>The silos by number, from 0. Their names are <c>silo-1</c> and so on.</summary>
    public ProgramProcess[] Silos { get; }

    /// <summary>The gateways by number, from 0.</summary>
    public ProgramProcess[] Gateways { get; }

    /// <summary>Where the gateways answer.</summary>
    public Uri[] GatewayAddresses { get; }

    /// <summary>Where the silos' operators look.</summary>
    public Uri[] AdminAddresses { get; }

    /// <summary>Starts silos and gateways and waits until the gateways serve.</summary>
    public static async Task<TestCluster> StartAsync(string database, ClusterOptions options)
    {
        var cluster = new TestCluster(database, options);
        try
        {
            await cluster.StartAllAsync();
            return cluster;
        }
        catch (Exception error)
        {
            var processes = cluster.Silos.Concat(cluster.Gateways).Where(static process => process is not null).Select(Describe).ToList();
            cluster.KillAll();
            throw new InvalidOperationException($"the cluster did not start: {error.Message}\n{string.Join('\n', processes)}", error);
        }
    }

    /// <summary>Starts all that does not run.</summary>
    public async Task StartAllAsync()
    {
        for (var i = 0; i < Silos.Length; i++)
        {
            BeginSilo(i);
        }

        for (var i = 0; i < Gateways.Length; i++)
        {
            BeginGateway(i);
        }

        await Task.WhenAll([.. Enumerable.Range(0, Silos.Length).Select(WaitForSiloAsync), .. Enumerable.Range(0, Gateways.Length).Select(WaitForGatewayAsync)]);
        await Task.WhenAll(Enumerable.Range(0, Gateways.Length).Select(WaitUntilAllAreSeenAsync));
    }

    /// <summary>Starts a silo that was killed or stopped, on the same port.</summary>
    public async Task StartSiloAsync(int silo)
    {
        BeginSilo(silo);
        await WaitForSiloAsync(silo);
    }

    /// <summary>Starts a gateway that was killed or stopped.</summary>
    public async Task StartGatewayAsync(int gateway)
    {
        BeginGateway(gateway);
        await WaitForGatewayAsync(gateway);
    }

    /// <summary><c>kill -9</c> of everything at once.</summary>
    public void KillAll()
    {
        foreach (var process in Silos.Concat(Gateways).Where(static process => process is not null))
        {
            process.Kill();
        }
    }

    /// <summary>A client of a gateway.</summary>
    public HttpClient CreateClient(int gateway = 0)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = GatewayAddresses[gateway], Timeout = ProgramProcess.Timeout };
        if (options.AdminKey is { } key)
        {
            client.DefaultRequestHeaders.Add("x-api-key", key);
        }

        return client;
    }

    /// <summary><c>GET /v2/cluster</c>.</summary>
    public async Task<JsonElement> DescribeAsync(int gateway = 0)
    {
        using var client = CreateClient(gateway);
        using var document = JsonDocument.Parse(await client.GetStringAsync("/v2/cluster"));
        return document.RootElement.Clone();
    }

    /// <summary>The numbers of the silos that hold a replica of a version now, by the replica's index; -1 for a replica that is nowhere.</summary>
    public async Task<int[]> FindReplicasAsync(string model, int version = 1)
    {
        var found = new SortedDictionary<int, int>();
        foreach (var silo in (await DescribeAsync()).GetProperty("silos").EnumerateArray())
        {
            foreach (var replica in silo.GetProperty("replicas").EnumerateArray())
            {
                if (replica.GetProperty("name").GetString() == model && replica.GetProperty("version").GetString() == $"{version}")
                {
                    found[replica.GetProperty("index").GetInt32()] = NumberOf(silo.GetProperty("name").GetString()!);
                }
            }
        }

        return [.. Enumerable.Range(0, found.Count == 0 ? 0 : found.Keys.Max() + 1).Select(index => found.GetValueOrDefault(index, -1))];
    }

    /// <summary>Stops gateways, then silos; throws where one failed or logged an error.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await Task.WhenAll(Gateways.Concat(gone).Where(static process => process is not null).Select(static process => process.DisposeAsync().AsTask()));
            await Task.WhenAll(Silos.Where(static process => process is not null).Select(static process => process.DisposeAsync().AsTask()));
        }
        finally
        {
            KillLeftovers();
        }
    }

    private static int NumberOf(string siloName) => int.Parse(siloName.AsSpan("silo-".Length), System.Globalization.CultureInfo.InvariantCulture) - 1;

    private void BeginSilo(int silo)
    {
        if (IsRunning(Silos, silo))
        {
            return;
        }

        var name = $"silo-{silo + 1}";
        var machine = options.Machines?[name];
        Silos[silo] = ProgramProcess.Start(
            "Silo",
            [
                "--database", database, "--cluster-id", ClusterId, "--silo-name", name, "--silo-port", siloPorts[silo] ?? "0",
                "--client-port", "0", "--admin-port", "0", "--models", options.ModelsOfSilos?.GetValueOrDefault(silo) ?? options.Models,
                .. Advertise(machine), .. options.SiloOptions,
            ],
            options.Environment, machine?.Launcher);
    }

    private void BeginGateway(int gateway)
    {
        if (IsRunning(Gateways, gateway))
        {
            return;
        }

        var name = $"gateway-{gateway + 1}";
        var machine = options.Machines?[name];
        Gateways[gateway] = ProgramProcess.Start(
            "Gateway",
            [
                "--database", database, "--cluster-id", ClusterId, "--silo-name", name, "--http-port", "0",
                .. machine is null ? [] : new[] { "--bind", $"{machine.Address}", "--allow-anonymous" }, .. Advertise(machine), .. options.GatewayOptions,
            ],
            options.Environment, machine?.Launcher);
    }

    private static string[] Advertise(Machine? machine) => machine is null ? [] : ["--advertise", $"{machine.Address}"];

    private bool IsRunning(ProgramProcess[] processes, int number)
    {
        if (processes[number] is not { } process)
        {
            return false;
        }

        if (!process.HasExited)
        {
            return true;
        }

        gone.Add(process);
        return false;
    }

    private async Task WaitForSiloAsync(int silo)
    {
        siloPorts[silo] = (await Silos[silo].ReadLineAsync($"Silo silo-{silo + 1} ready: ")).Split(' ')[0].Split(':')[^1];
        await Silos[silo].ReadLineAsync("Admin on ");
        AdminAddresses[silo] = Silos[silo].Admin;
    }

    private async Task WaitForGatewayAsync(int gateway) => GatewayAddresses[gateway] = new Uri(await Gateways[gateway].ReadLineAsync("Listening on "));

    /// <summary>A gateway serves as soon as it sees one silo; the others show in one of its next looks.</summary>
    private async Task WaitUntilAllAreSeenAsync(int gateway)
    {
        for (var start = Stopwatch.StartNew(); ;)
        {
            var silos = (await DescribeAsync(gateway)).GetProperty("silos");
            if (silos.EnumerateArray().Count(static silo => silo.GetProperty("state").GetString() == "READY") == Silos.Length)
            {
                return;
            }

            if (start.Elapsed > ProgramProcess.Timeout)
            {
                throw new TimeoutException($"gateway {gateway + 1} does not see all silos within {ProgramProcess.Timeout}; it sees {silos}");
            }

            await Task.Delay(50);
        }
    }

    private static string Describe(ProgramProcess process) =>
        $"--- {process.Name}, {(process.ExitCode is { } code ? $"ended with {code}" : "runs")}\n{string.Join('\n', process.Output.Concat(process.Log))}";

    private void KillLeftovers()
    {
        foreach (var process in Silos.Concat(Gateways).Concat(gone).Where(static process => process is not null))
        {
            try
            {
                process.Kill();
            }
            catch (InvalidOperationException)
            {
                // It was disposed, and so it has ended.
            }
        }
    }
}
