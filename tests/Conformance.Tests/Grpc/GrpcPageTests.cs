using System.Text.RegularExpressions;
using Krewe.Conformance.Tests.Server;

namespace Krewe.Conformance.Tests.Grpc;

/// <summary>The clients of docs/grpc.md print what the page says.</summary>
public sealed partial class GrpcPageTests : IAsyncLifetime
{
    private const string Address = "localhost:8001";
    private const string Python = "/usr/bin/python3";
    private static readonly string Page = File.ReadAllText(Path.Combine(Clone.Root, "docs", "grpc.md"));
    private static readonly string Protocol = Path.Combine(Clone.Root, "src", "Api", "Grpc", "Protocol");
    private readonly TemporaryFolder folder = new();
    private ServerUnderTest? server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => server = await ServerUnderTest.StartAsync(Clone.Samples, ["--grpc-port", "0"]);

    public async ValueTask DisposeAsync()
    {
        folder.Dispose();
        await server!.DisposeAsync();
    }

    [Fact]
    public async Task The_csharp_client_is_the_sample_and_prints_what_the_page_says()
    {
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(Clone.Root, "samples", "GrpcClient", "Program.cs"), Token), Block("csharp"));
        await CheckAsync("dotnet", Clone.Program("GrpcClient"), $"http://{server!.Grpc.Authority}");
    }

    [Fact]
    public async Task The_python_client_prints_what_the_page_says()
    {
        var tools = File.Exists(Python) ? (await ProgramProcess.RunAsync(Python, "-c", "import grpc, grpc_tools.protoc")).ExitCode : 1;
        Assert.SkipWhen(tools != 0, "Debian's python3-grpcio and python3-grpc-tools are not installed: the Python client was not run");
        await RunAsync(Python, "-m", "grpc_tools.protoc", "-I", Protocol, "--python_out=.", "--grpc_python_out=.", "open_inference.proto");
        await WriteAsync("client.py", "python");
        await CheckAsync(Python, "client.py");
    }

    [Fact]
    public async Task The_node_client_prints_what_the_page_says()
    {
        Assert.SkipWhen(await FindAsync("npm") is null, "Node and npm are not installed: the Node client was not run");
        var modules = Path.Combine(Clone.Root, "artifacts", "grpc-node");
        Directory.CreateDirectory(modules);
        if (!Directory.Exists(Path.Combine(modules, "node_modules", "@grpc", "proto-loader")))
        {
            var install = await ProgramProcess.RunAsync(
                "npm", "install", "--prefix", modules, "--no-audit", "--no-fund", "@grpc/grpc-js@1.14.7", "@grpc/proto-loader@0.8.1");
            Assert.SkipWhen(install.ExitCode != 0, $"npm could not install gRPC's packages, the Node client was not run: {install.Error}");
        }

        File.Copy(Path.Combine(Protocol, "open_inference.proto"), Path.Combine(folder.Path, "open_inference.proto"));
        await WriteAsync("client.js", "js");
        await CheckAsync("env", $"NODE_PATH={Path.Combine(modules, "node_modules")}", "node", "client.js");
    }

    private static string Block(string language) =>
        Fence().Matches(Page).Single(block => block.Groups[1].Value == language).Groups[2].Value;

    private static async Task<string?> FindAsync(string program) =>
        await ProgramProcess.RunAsync("bash", "-c", $"command -v {program}") is (0, var path, _) ? path : null;

    private async Task WriteAsync(string file, string language)
    {
        Assert.Contains(Address, Block(language), StringComparison.Ordinal);
        await File.WriteAllTextAsync(
            Path.Combine(folder.Path, file), Block(language).Replace(Address, server!.Grpc.Authority, StringComparison.Ordinal), Token);
    }

    private async Task CheckAsync(params string[] command) => Assert.Equal(Block("text").Trim(), (await RunAsync(command)).ReplaceLineEndings("\n").Trim());

    private async Task<string> RunAsync(params string[] command)
    {
        // Proxies are for other addresses than this machine's.
        await using var process = ProgramProcess.StartCommand(command, new Dictionary<string, string?> { ["no_proxy"] = "*" }, folder.Path);
        var (code, output, errors) = await process.EndAsync();
        Assert.True(code == 0, $"{string.Join(' ', command)} ended with code {code}: {errors}");
        return output;
    }

    [GeneratedRegex(@"^```(\w+)\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Fence();
}
