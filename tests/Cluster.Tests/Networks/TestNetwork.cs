using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Text.RegularExpressions;

namespace Krewe.Cluster.Tests.Networks;

/// <summary>
/// Machines in network namespaces of their own, behind one switch, which is a namespace as well. The test itself sits at a further
/// port of the switch. Links are cut by nftables in the namespace of the receiver, so nothing outside is touched.
/// </summary>
internal sealed partial class TestNetwork : IAsyncDisposable
{
    private const string Switch = "switch";
    private const string Prefix = "krewe-";

    private static int networks;

    // The process in the name, so that those who run beside each other never meet, and what a killed one left can be told. The number,
    // because the kernel removes a namespace's devices a while after the namespace.
    private readonly int number = Interlocked.Increment(ref networks);
    private readonly Dictionary<string, Machine> machines;
    private readonly Dictionary<(string From, string To), LinkFault> cuts = [];
    private readonly HashSet<string> unplugged = [];

    private TestNetwork(IEnumerable<string> names)
    {
        var subnet = FreeSubnet();
        Outside = IPAddress.Parse($"{subnet}.1");
        machines = names.Select((name, index) => (Name: name, Address: IPAddress.Parse($"{subnet}.{index + 2}"))).ToDictionary(
            static machine => machine.Name, machine => new Machine(machine.Address, ["ip", "netns", "exec", Namespace(machine.Name)]));
    }

    /// <summary>The address of the test itself.</summary>
    public IPAddress Outside { get; }

    /// <summary>The machines by name.</summary>
    public IReadOnlyDictionary<string, Machine> Machines => machines;

    private string HostPort => string.Create(CultureInfo.InvariantCulture, $"kr{Environment.ProcessId}-{number}");

    /// <summary>Makes the network, or skips the test where this process may not make one.</summary>
    public static async Task<TestNetwork> CreateAsync(params IReadOnlyList<string> names)
    {
        var network = new TestNetwork(names);
        if (await network.FindObstacleAsync() is { } obstacle)
        {
            Assert.Skip($"No network namespaces can be made here (root, iproute2 and nftables are needed): {obstacle}");
        }

        try
        {
            await RunAsync(network.CreationScript());
            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>Cuts a link in both directions.</summary>
    public Task CutAsync(string one, string other, LinkFault fault) =>
        ChangeAsync(() => (cuts[(one, other)], cuts[(other, one)]) = (fault, fault), one, other);

    /// <summary>Cuts a link in one direction: what one machine sends does not arrive at the other.</summary>
    public Task CutOneWayAsync(string from, string to, LinkFault fault) => ChangeAsync(() => cuts[(from, to)] = fault, to);

    /// <summary>Cuts all links of a machine.</summary>
    public Task IsolateAsync(string machine, LinkFault fault = LinkFault.Silence) => ChangeAsync(
        () =>
        {
            foreach (var other in machines.Keys.Where(other => other != machine))
            {
                cuts[(machine, other)] = cuts[(other, machine)] = fault;
            }
        },
        [.. machines.Keys]);

    /// <summary>Takes a machine off the switch: there is nobody left who could answer, not even for its address.</summary>
    public Task UnplugAsync(string machine)
    {
        unplugged.Add(machine);
        return RunAsync($"ip -n {Namespace(Switch)} link set dev {PortOf(machine)} down");
    }

    /// <summary>Mends all links; how many packets the cuts have stopped, since a cut that stops none proves nothing.</summary>
    public async Task<long> HealAsync()
    {
        var stopped = await RunAsync(string.Join('\n', machines.Keys.Select(name =>
            $"ip netns exec {Namespace(name)} nft list table inet krewe 2>/dev/null || true")));
        foreach (var machine in unplugged)
        {
            await RunAsync($"ip -n {Namespace(Switch)} link set dev {PortOf(machine)} up");
        }

        unplugged.Clear();
        await ChangeAsync(cuts.Clear, [.. machines.Keys]);
        return CountedPackets().Matches(stopped).Sum(static match => long.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
    }

    /// <summary>Stops all processes of a machine where they are.</summary>
    public Task FreezeAsync(string machine) => SignalAsync(machine, "STOP");

    /// <summary>Lets the processes of a machine go on.</summary>
    public Task ThawAsync(string machine) => SignalAsync(machine, "CONT");

    /// <summary>Ends what still runs there, and removes every trace.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var name in machines.Keys.Append(Switch))
        {
            await RunAsync($"[ ! -e /run/netns/{Namespace(name)} ] || {Remove(Namespace(name))}");
        }
    }

    private string Namespace(string name) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{number}-{name}");

    private string PortOf(string machine) => $"port{machines[machine].Address.GetAddressBytes()[3]}";

    // RFC 2544 sets 198.18.0.0/15 aside for the testing of networks.
    private static string FreeSubnet()
    {
        var used = NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(static card => card.GetIPProperties().UnicastAddresses).Select(static address => address.Address.ToString()).ToList();
        return Enumerable.Range(Environment.ProcessId, 256)
            .Select(static number => string.Create(CultureInfo.InvariantCulture, $"198.18.{number % 256}"))
            .First(subnet => !used.Exists(address => address.StartsWith(subnet + ".", StringComparison.Ordinal)));
    }

    private async Task<string?> FindObstacleAsync()
    {
        var (code, _, errors) = await TryRunAsync($$"""
            for old in $(ls /run/netns 2>/dev/null | grep '^{{Prefix}}'); do
              rest=${old#{{Prefix}}}
              [ -e "/proc/${rest%%-*}" ] || {{Remove("$old")}}
            done
            ip netns add {{Namespace(Switch)}}
            ip netns exec {{Namespace(Switch)}} nft -f - <<'END'
            {{Ruleset([$"ip saddr {Outside} meta l4proto tcp reject with tcp reset"])}}
            END
            ip netns delete {{Namespace(Switch)}}
            """);
        return code == 0 ? null : errors;
    }

    private string CreationScript()
    {
        var bridge = Namespace(Switch);
        return $"""
            ip netns add {bridge}
            ip -n {bridge} link add bridge0 type bridge
            ip -n {bridge} link set dev bridge0 up
            ip link add {HostPort} type veth peer name port1 netns {bridge}
            ip -n {bridge} link set dev port1 master bridge0 up
            ip address add {Outside}/24 dev {HostPort}
            ip link set dev {HostPort} up
            {string.Join('\n', machines.Select(machine => MachineScript(machine.Key, machine.Value.Address)))}
            """;
    }

    private string MachineScript(string name, IPAddress address) => $"""
        ip netns add {Namespace(name)}
        ip -n {Namespace(name)} link set dev lo up
        ip -n {Namespace(name)} link add eth0 type veth peer name {PortOf(name)} netns {Namespace(Switch)}
        ip -n {Namespace(Switch)} link set dev {PortOf(name)} master bridge0 up
        ip -n {Namespace(name)} address add {address}/24 dev eth0
        ip -n {Namespace(name)} link set dev eth0 up
        """;

    private async Task ChangeAsync(Action change, params string[] receivers)
    {
        change();
        await RunAsync(string.Join('\n', receivers.Select(receiver => $"""
            ip netns exec {Namespace(receiver)} nft -f - <<'END'
            {Ruleset(cuts.Where(cut => cut.Key.To == receiver).Select(cut => Rule(machines[cut.Key.From].Address, cut.Value)))}
            END
            """)));
    }

    // With all processes that are in it.
    private static string Remove(string name) =>
        $$"""{ for pid in $(ip netns pids "{{name}}"); do kill -9 "$pid" 2>/dev/null || true; done; ip netns delete "{{name}}"; }""";

    private static string Rule(IPAddress sender, LinkFault fault) =>
        $"ip saddr {sender} {(fault == LinkFault.Silence ? "counter drop" : "meta l4proto tcp counter reject with tcp reset")}";

    [GeneratedRegex("counter packets ([0-9]+)")]
    private static partial Regex CountedPackets();

    private static string Ruleset(IEnumerable<string> rules) => $$"""
        table inet krewe
        delete table inet krewe
        table inet krewe {
          chain cuts {
            type filter hook input priority 0; policy accept;
            {{string.Join("\n    ", rules)}}
          }
        }
        """;

    // Twice: a process that is about to start another may have missed the first.
    private async Task SignalAsync(string machine, string signal) => await RunAsync($"""
        for round in 1 2; do
          for pid in $(ip netns pids {Namespace(machine)}); do kill -{signal} "$pid" 2>/dev/null || true; done
        done
        """);

    private static async Task<string> RunAsync(string script)
    {
        var (code, output, errors) = await TryRunAsync(script);
        Assert.True(code == 0, $"ended with code {code}: {errors}\n{script}");
        return output;
    }

    private static Task<ProgramEnd> TryRunAsync(string script) => ProgramProcess.RunAsync("sh", "-eu", "-c", script);
}
