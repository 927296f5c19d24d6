using System.Net;
using Krewe.Launch.Settings;
using Krewe.Silo.Settings;
using Microsoft.Extensions.Logging;

namespace Krewe.OneProcess.Tests.Settings;

public sealed class CommandLineTests : IDisposable
{
    private readonly StringWriter output = new();
    private readonly StringWriter error = new();
    private readonly Dictionary<string, string> environment = [];
    private readonly string file = Path.GetTempFileName();
    private int exitCode = -1;

    public void Dispose()
    {
        File.Delete(file);
        output.Dispose();
        error.Dispose();
    }

    [Fact]
    public void The_folder_alone_is_enough()
    {
        var options = Read("--models", "m")!;
        Assert.Equal("m", options.Krewe.Models);
        Assert.Equal(IPAddress.Loopback, options.Bind);
        Assert.Equal(8000, options.HttpPort);
        Assert.Null(options.Krewe.Serving.MemoryBudgetBytes);
        Assert.Empty(options.Single.StateFolder);
        Assert.Equal(LogLevel.Information, options.LogLevel);
        Assert.Equal(0, exitCode);
    }

    [Fact]
    public void Every_option_arrives()
    {
        var options = Read(
            "--models=m", "--http-port", "0", "--bind", "::", "--allow-anonymous", "--memory-budget", "512MiB", "--idle-time", "1h", "--runners", "3",
            "--load-threads", "4", "--intra-op-threads", "5", "--max-body-size", "1MiB", "--request-timeout", "2s", "--route-key-header", "X-User",
            "--state", "/var/krewe", "--poll-interval", "5s", "--log-format", "json", "--log-level", "warning", "--publish", "off", "--max-publish-size", "3GiB")!;
        Assert.Equal((false, 3L << 30), (options.Api.Publishing, options.Api.Limits.MaxPublishBytes));
        Assert.Equal((0, 512L << 20, TimeSpan.FromHours(1)), (options.HttpPort, options.Krewe.Serving.MemoryBudgetBytes, options.Krewe.Serving.IdleTime));
        Assert.Equal((3, 4, 5), (options.Krewe.Serving.RunnerThreads, options.Krewe.Serving.LoadThreads, options.Krewe.Serving.IntraOpThreads));
        Assert.Equal((1L << 20, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5)), (options.Api.Limits.MaxBodyBytes, options.Api.Limits.MaxTimeout, options.Krewe.Serving.Repository.PollInterval));
        Assert.Equal(("X-User", "/var/krewe"), (options.Api.RouteKeyHeader, options.Single.StateFolder));
        Assert.Equal((true, LogLevel.Warning, IPAddress.IPv6Any), (options.JsonLogs, options.LogLevel, options.Bind));
    }

    [Fact]
    public void The_command_line_wins_over_the_environment_and_that_over_the_file()
    {
        File.WriteAllText(file, """{ "models": "file", "httpPort": 1, "http_port": 2, "idle-time": "3s", /* a word */ }""");
        environment["KREWE_MODELS"] = "environment";
        environment["KREWE_IDLE_TIME"] = "2s";
        environment["KREWE_RUNNERS"] = "";
        var options = Read("--config", file, "--idle-time", "1s")!;
        Assert.Equal(("environment", 2, TimeSpan.FromSeconds(1)), (options.Krewe.Models, options.HttpPort, options.Krewe.Serving.IdleTime));
        Assert.Equal(Environment.ProcessorCount, options.Krewe.Serving.RunnerThreads);
    }

    [Fact]
    public void The_environment_can_name_the_file()
    {
        File.WriteAllText(file, """{ "models": "file" }""");
        environment["KREWE_CONFIG"] = file;
        Assert.Equal("file", Read()!.Krewe.Models);
    }

    [Fact]
    public void Every_mistake_is_told_at_once()
    {
        File.WriteAllText(file, """{ "poll-interval": "soon", "colour": 1, "runners": [1] }""");
        environment["KREWE_LOG_LEVEL"] = "loud";
        Assert.Null(Read("--http-port", "65536", "--bind", "nowhere", "--nonsense", "--memory-budget", "lots", "--route-key-header", "a b", "--config", file));
        Assert.Equal(2, exitCode);
        var told = error.ToString();
        Assert.Contains("--http-port is '65536': expected a whole number from 0 to 65535", told);
        Assert.Contains("--bind is 'nowhere': expected an IP address", told);
        Assert.Contains("'--nonsense'", told);
        Assert.Contains("--route-key-header is 'a b': expected the name of a header", told);
        Assert.Contains("--memory-budget is 'lots': expected a size such as 512MiB", told);
        Assert.Contains("KREWE_LOG_LEVEL is 'loud': expected trace, debug", told);
        Assert.Contains($"{file}: poll-interval is 'soon': expected a time from 10ms to 1d", told);
        Assert.Contains($"{file}: there is no setting 'colour'", told);
        Assert.Contains($"{file}: 'runners' is Array: expected a string or a number", told);
        Assert.Contains("--models is missing", told);
    }

    [Theory]
    [InlineData("--port=9000", "there is no option '--port': did you mean --http-port or ")]
    [InlineData("--htp-port", "there is no option '--htp-port': did you mean --http-port?")]
    [InlineData("--model", "there is no option '--model': did you mean --models?")]
    [InlineData("--budget", "there is no option '--budget': did you mean --memory-budget?")]
    [InlineData("--nonsense", "there is no option '--nonsense'")]
    [InlineData("models", "'models' is not an option: expected one such as --models DIR")]
    public void An_unknown_option_is_told_with_the_nearest_ones(string option, string expected)
    {
        Assert.Null(Read("--models", "m", option, "9000"));
        Assert.Equal(2, exitCode);
        Assert.Single(error.ToString().Split('\n'), line => line.StartsWith($"krewe: {expected}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("KREWE_HTP_PORT", "9000", "KREWE_HTTP_PORT")]
    [InlineData("KREWE_PORT", "9000", "KREWE_HTTP_PORT")]
    [InlineData("KREWE_MODEL", "m", "KREWE_MODELS")]
    [InlineData("KREWE_http_port", "9000", "KREWE_HTTP_PORT")]
    [InlineData("KREWE_ADMIN_PASWORD", "x", "KREWE_ADMIN_PASSWORD")]
    public void A_variable_that_is_nearly_a_setting_is_told(string name, string value, string meant)
    {
        environment[name] = value;
        Assert.Null(Read("--models", "m"));
        Assert.Equal(2, exitCode);
        Assert.Contains($"krewe: {name} is set, which is not a setting: did you mean {meant}", error.ToString());
    }

    [Theory]
    [InlineData("KREWE_PORT", "tcp://10.0.0.1:8000")]
    [InlineData("KREWE_SERVICE_HOST", "10.0.0.1")]
    [InlineData("KREWE_SERVICE_PORT", "8000")]
    [InlineData("KREWE_PORT_8000_TCP_PORT", "8000")]
    [InlineData("KREWE_POISON_FREED_MEMORY", "1")]
    [InlineData("KREWE_CLUSTER_DIR", "x")]
    [InlineData("KREWE_SILO_IMAGE", "x")]
    public void A_variable_for_others_is_passed_over(string name, string value)
    {
        environment[name] = value;
        Assert.NotNull(Read("--models", "m"));
    }

    [Fact]
    public void The_help_says_what_holds_where_nothing_is_set() => Assert.All(
        SettingTable.All.Settings.Where(static setting => setting.Kind != SettingKind.Flag),
        static setting => Assert.Matches("Default|Required", setting.Description));

    [Theory]
    [InlineData("{ \"models\": ", "is not JSON at line 1")]
    [InlineData("[]", "is not a JSON object")]
    public void A_broken_file_is_told(string content, string expected)
    {
        File.WriteAllText(file, content);
        Assert.Null(Read("--models", "m", "--config", file));
        Assert.Contains(expected, error.ToString());
        Assert.Equal(2, exitCode);
    }

    [Fact]
    public void A_missing_file_is_told()
    {
        Assert.Null(Read("--models", "m", "--config", file + ".gone"));
        Assert.Contains("cannot be read", error.ToString());
    }

    [Fact]
    public void Help_names_every_setting_and_needs_nothing()
    {
        Assert.Null(Read("--help"));
        Assert.Equal(0, exitCode);
        Assert.Contains("--models <DIR>", output.ToString());
        Assert.Empty(error.ToString());
    }

    private SiloOptions? Read(params string[] arguments) =>
        new CommandLine<SiloOptions>(SettingTable.All).Read(arguments, environment, output, error, out exitCode);
}
