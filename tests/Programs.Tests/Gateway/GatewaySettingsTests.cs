using Krewe.Client.Settings;
using Krewe.Gateway.Settings;

namespace Krewe.Programs.Tests.Gateway;

public sealed class GatewaySettingsTests : IDisposable
{
    private const string Database = "Host=db;Database=krewe;Username=krewe";
    private readonly SettingsReading<GatewayOptions> reading = new(SettingTable.All);

    public void Dispose() => reading.Dispose();

    [Fact]
    public void The_database_is_enough()
    {
        var options = reading.Read("--database", Database)!;
        Assert.Equal((Database, "krewe", 8000, 0), (options.Member.Database, options.Member.ClusterId, options.HttpPort, options.Member.SiloPort));
        Assert.Equal(new ClusterCallOptions().MaxOutstanding, options.Calls.MaxOutstanding);
    }

    [Fact]
    public void Variables_of_a_silo_are_passed_over()
    {
        foreach (var setting in Krewe.Silo.Settings.SettingTable.All.Settings.Where(static setting => !SettingTable.All.Settings.Any(own => own.Name == setting.Name)))
        {
            reading.Environment[setting.Variable] = "1";
        }

        Assert.NotNull(reading.Read("--database", Database));
        Assert.True(reading.Environment.Count > 10);
    }

    [Fact]
    public void Every_option_arrives()
    {
        var options = reading.Read(
            "--database", Database, "--silo-port", "5", "--http-port", "6", "--bind", "0.0.0.0", "--allow-anonymous", "--allowed-hosts", "a.example", "--max-outstanding", "7",
            "--max-outstanding-per-version", "8", "--max-input-memory", "2MiB", "--max-body-size", "3MiB", "--publish", "off", "--max-publish-size", "3GiB",
            "--request-timeout", "4s", "--route-key-header", "X-User", "--call-watch", "off")!;
        Assert.False(options.Calls.WatchesCalls);
        Assert.Equal("X-User", options.Api.RouteKeyHeader);
        Assert.Equal((5, 6, 7, 8), (options.Member.SiloPort, options.HttpPort, options.Calls.MaxOutstanding, options.Calls.MaxOutstandingPerVersion));
        Assert.Equal((2L << 20, 3L << 20, TimeSpan.FromSeconds(4)), (options.Calls.MaxInputBytes, options.Api.Limits.MaxBodyBytes, options.Api.Limits.MaxTimeout));
        Assert.Equal((false, 3L << 30), (options.Api.Publishing, options.Api.Limits.MaxPublishBytes));
    }

    [Fact]
    public void An_address_that_others_reach_needs_consent()
    {
        Assert.Null(reading.Read("--database", Database, "--bind", "10.0.0.1", "--allowed-hosts", "a,b c"));
        Assert.Contains("--bind is 10.0.0.1, which others reach", reading.Error);
        Assert.Contains("--allowed-hosts is 'a,b c': expected a list of host names", reading.Error);
        var options = reading.Read("--database", Database, "--bind", "10.0.0.1", "--allow-anonymous", "--allowed-hosts", "a, *.b.example")!;
        Assert.True(options.Api.AllowedHosts!.Serves("x.b.example"));
        Assert.False(options.Api.AllowedHosts!.Serves("c"));
    }

    [Fact]
    public void Everything_that_is_wrong_is_told_at_once()
    {
        Assert.Null(reading.Read("--models", "m", "--max-outstanding", "0", "--http-port", "x"));
        Assert.Equal(2, reading.ExitCode);
        Assert.Contains("--database is missing", reading.Error);
        Assert.Contains("'--models'", reading.Error);
        Assert.Contains("--max-outstanding is '0': expected a whole number from 1", reading.Error);
        Assert.Contains("--http-port is 'x'", reading.Error);
    }

    [Fact]
    public void Help_names_every_setting_and_needs_nothing()
    {
        Assert.Null(reading.Read("--help"));
        Assert.Equal(0, reading.ExitCode);
        Assert.Contains("--max-outstanding-per-version <N>", reading.Output);
        Assert.Empty(reading.Error);
    }
}
