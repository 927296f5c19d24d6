using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Krewe.Onnx.Building;
using Krewe.Processes;

namespace Krewe.OneProcess.Tests.Start;

public sealed class ProgramTests : IDisposable
{
    private readonly ModelFolder models = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => models.Dispose();

    [Fact]
    public async Task Help_and_version_end_well()
    {
        Assert.Equal(0, (await KreweRun.RunAsync("--help")).ExitCode);
        var (exitCode, output, _) = await KreweRun.RunAsync("--version");
        Assert.Equal(0, exitCode);
        Assert.StartsWith("0.1.0", output);
    }

    [Fact]
    public async Task Bad_options_end_with_2_and_no_stack_trace()
    {
        var (exitCode, output, error) = await KreweRun.RunAsync("--http-port", "x", "--bind", "y");
        Assert.Equal(2, exitCode);
        Assert.Empty(output);
        Assert.All(error.TrimEnd().Split('\n'), line => Assert.StartsWith("krewe: ", line));
    }

    [Fact]
    public async Task Names_in_files_and_requests_do_not_control_the_terminal()
    {
        const string title = "\u001b]0;owned\u0007\u001b[2J\r";
        models.Write("titled", new ModelBuilder("titled")
            .Input($"x{title}", TensorType.Float, 1).Node("Identity", [$"x{title}"], $"y{title}").Output($"y{title}", TensorType.Float, 1)
            .ToBytes());
        Directory.CreateDirectory(Path.Combine(models.Root, $"folder{title}", "1"));
        await using var program = await KreweRun.ServeAsync(
            "--models", models.Root, "--http-port", "0", "--log-level", "debug");
        using var client = new HttpClient { BaseAddress = program.Api };
        using var answer = await client.GetAsync($"/v2/models/titled/{Uri.EscapeDataString(title)}", Token);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        using var infer = await client.PostAsync("/v2/models/titled/infer", new StringContent("""{"inputs":[]}"""), Token);
        Assert.Equal(HttpStatusCode.BadRequest, infer.StatusCode);
        Assert.Equal(0, await program.StopAsync());
        Assert.All(program.Output.Concat(program.Log), line => Assert.DoesNotContain(line, char.IsControl));
    }

    [Theory]
    [InlineData("gone", "--models is 'FOLDER', which does not exist: expected the folder that holds the models")]
    [InlineData("broken/1/model.onnx", "--models is the file 'FOLDER': expected the folder that holds the models")]
    [InlineData("broken/1/model.onnx/x", "--models is 'FOLDER', which does not exist")]
    [InlineData("shut", "--models is 'FOLDER', which user '")]
    public async Task A_folder_that_cannot_be_read_ends_with_1_and_one_line(string path, string expected)
    {
        models.Shut("shut", UnixFileMode.None);
        var folder = Path.Combine(models.Root, path);
        await using var program = KreweRun.StartAsAnybody("--models", folder);
        var (exitCode, _, error) = await program.EndAsync();
        AssertOneLine(exitCode, error, expected.Replace("FOLDER", folder, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("shut")]
    [InlineData("broken/1/model.onnx")]
    [InlineData("broken/1/model.onnx/x")]
    public async Task A_state_folder_that_cannot_be_written_ends_with_1_and_one_line(string path)
    {
        models.Shut("shut", UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var folder = Path.Combine(models.Root, path);
        await using var program = KreweRun.StartAsAnybody("--models", models.Root, "--state", folder, "--http-port", "0");
        var (exitCode, _, error) = await program.EndAsync();
        AssertOneLine(exitCode, error, $"--state is '{folder}', where user '");
    }

    [Theory]
    [InlineData("Host=x;Database=y;Username=z;Foo=1")]
    [InlineData("Host=x;Port=z;Database=y;Username=z")]
    public async Task A_wrong_connection_string_ends_with_1_and_one_line(string text)
    {
        var (exitCode, _, error) = await KreweRun.RunAsync("--models", models.Root, "--database", text);
        AssertOneLine(exitCode, error, "--database is not a connection string of Npgsql");
    }

    [Fact]
    public async Task It_is_not_ready_before_models_that_have_just_been_copied_can_be_called()
    {
        // Until it was asked: however long it takes to start here, the copy has not lain still by then.
        var copying = TimeProvider.System.CreateTimer(_ => models.Touch("linear"), null, TimeSpan.Zero, TimeSpan.FromMilliseconds(200));
        await using var program = await KreweRun.ServeAsync("--models", models.Root, "--http-port", "0", "--poll-interval", "1h");
        Assert.Contains(program.Output, line => line.StartsWith("Not ready yet: 1 of the models have just been written", StringComparison.Ordinal));
        using var client = new HttpClient { BaseAddress = program.Api };
        Assert.Contains("have just been written", await (await client.GetAsync("/v2/health/ready", Token)).Content.ReadAsStringAsync(Token));
        await copying.DisposeAsync();
        while (!await IsReadyAsync(program.Api))
        {
            await Task.Delay(20, Token);
        }

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/v2/models/linear", Token)).StatusCode);
        program.Signal(Posix.Sigterm);
        Assert.Contains("Found 2 models with 2 versions", (await program.EndAsync()).Error);
    }

    [Fact]
    public async Task A_port_in_use_ends_with_1_and_one_line()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        var (exitCode, _, error) = await KreweRun.RunAsync("--models", models.Root, "--http-port", $"{port}", "--log-level", "none");
        AssertOneLine(exitCode, error, $"port {port} on 127.0.0.1 is in use");
    }

    [Fact]
    public async Task An_address_of_another_machine_ends_with_1_and_one_line()
    {
        // Reserved for documentation, so nobody's.
        var (exitCode, _, error) = await KreweRun.RunAsync("--models", models.Root, "--bind", "192.0.2.1", "--allow-anonymous", "--log-level", "none");
        AssertOneLine(exitCode, error, "192.0.2.1 is not an address of this machine");
    }

    [Fact]
    public async Task It_says_where_it_listens_and_what_it_found_and_the_line_to_try_works()
    {
        await using var program = await KreweRun.ServeAsync("--models", models.Root, "--http-port", "0");
        Assert.Contains(program.Output, line => line.StartsWith($"Models in {models.Root}: 2 models, 2 versions", StringComparison.Ordinal));
        var command = program.Output.Single(line => line.StartsWith("  curl", StringComparison.Ordinal));
        using var answer = JsonDocument.Parse((await ProgramProcess.RunAsync("bash", "-c", command)).Output);
        Assert.Equal("linear", answer.RootElement.GetProperty("model_name").GetString());
        Assert.Equal(3, answer.RootElement.GetProperty("outputs")[0].GetProperty("data").EnumerateArray().Count());
    }

    [Theory]
    [InlineData(Posix.Sigterm)]
    [InlineData(Posix.Sigint)]
    public async Task A_signal_stops_it_well_and_soon(int signal)
    {
        await using var program = await KreweRun.ServeAsync("--models", models.Root, "--http-port", "0");
        using var client = new HttpClient { BaseAddress = program.Api };
        Assert.Equal("{\"ready\":true}", await client.GetStringAsync("/v2/health/ready", Token));
        var clock = Stopwatch.StartNew();
        program.Signal(signal);
        var (exitCode, _, error) = await program.EndAsync();
        Assert.Equal(0, exitCode);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"it took {clock.Elapsed}");
        Assert.Contains("Stopping", error);
    }

    [Fact]
    public async Task A_second_interrupt_ends_it_at_once()
    {
        await using var program = await KreweRun.ServeAsync("--models", models.Root, "--http-port", "0");

        // A call whose body never comes keeps it from stopping by itself.
        using var caller = new TcpClient();
        await caller.ConnectAsync(IPAddress.Loopback, program.Api.Port, Token);
        await caller.GetStream().WriteAsync(
            "POST /v2/models/linear/infer HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n"u8.ToArray(), Token);

        // "100 Continue" says that the call is being read.
        await caller.GetStream().ReadExactlyAsync(new byte[12], Token);
        program.Signal(Posix.Sigint);
        var clock = Stopwatch.StartNew();
        while (await IsReadyAsync(program.Api))
        {
            Assert.True(clock.Elapsed < ProgramProcess.Timeout, "It does not stop after SIGINT. Is SIGINT ignored by what started this test?");
            await Task.Yield();
        }

        program.Signal(Posix.Sigint);
        Assert.Equal(130, (await program.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task Logs_in_json_are_one_object_for_each_line()
    {
        await using var program = await KreweRun.ServeAsync("--models", models.Root, "--http-port", "0", "--log-format", "json");
        program.Signal(Posix.Sigterm);
        var (_, _, error) = await program.EndAsync();
        var events = error.TrimEnd().Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Contains(events, entry => entry.GetProperty("Category").GetString() == "Krewe.Api.Stopping.StopSequence");
        Assert.Empty(program.Output);
        var texts = events.Select(entry => entry.GetProperty("Message").GetString()!).ToList();
        Assert.Contains(texts, text => text.StartsWith("Listening on http://127.0.0.1:", StringComparison.Ordinal));
        Assert.Contains(texts, text => text.StartsWith("Try: curl", StringComparison.Ordinal));
        Assert.All(events, entry => Assert.StartsWith("Krewe.", entry.GetProperty("Category").GetString()));
    }

    private static async Task<bool> IsReadyAsync(Uri address)
    {
        using var client = new HttpClient { BaseAddress = address };
        try
        {
            using var response = await client.GetAsync("/v2/health/ready", Token);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static void AssertOneLine(int exitCode, string error, string expected)
    {
        Assert.Equal(1, exitCode);
        var line = Assert.Single(error.TrimEnd().Split('\n'));
        Assert.StartsWith("krewe: ", line);
        Assert.Contains(expected, line);
    }
}
