using Krewe.Conformance.Tests.Protocol;
using Krewe.Conformance.Tests.Server;
using Krewe.Conformance.Tests.Wire;
using Krewe.Onnx.Tiny;

namespace Krewe.Conformance.Tests.Telemetry;

/// <summary>
/// ONNX Runtime's telemetry, on unless it is told otherwise, keeps a database and a device id under the user's cache folder and
/// logs in the folder for temporary files as soon as its environment is made. Nobody tells this server anything.
/// </summary>
public sealed class TelemetryTests
{
    [Fact]
    public async Task A_server_that_was_told_nothing_keeps_telemetry_off()
    {
        using var models = new ModelsFolder();
        models.Add("linear", TinyModels.Linear());
        using var user = new TemporaryFolder();
        var environment = new Dictionary<string, string?>
        {
            ["ORT_DISABLE_TELEMETRY"] = null,
            ["HOME"] = user.Folder("home"),
            ["XDG_CACHE_HOME"] = user.Folder("cache"),
            ["XDG_DATA_HOME"] = user.Folder("data"),
            ["XDG_CONFIG_HOME"] = user.Folder("config"),
            ["TMPDIR"] = user.Folder("temporary"),

            // Otherwise the .NET runtime keeps a socket in the folder for temporary files.
            ["DOTNET_EnableDiagnostics"] = "0",
        };
        await using (var server = await ServerUnderTest.StartAsync(models.Path, ["--intra-op-threads", "1"], environment))
        {
            (await server.Client.PostReplyAsync("/v2/models/linear/infer", InferenceTests.Body)).Ok();
            AssertNoFiles(user);
            AssertNoForeignThreads(server);
        }

        // Not as its last act either.
        AssertNoFiles(user);
    }

    private static void AssertNoFiles(TemporaryFolder user) =>
        Assert.Empty(Directory.EnumerateFiles(
            user.Path, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }));

    /// <summary>
    /// The telemetry's thread has no name of its own and so keeps the process's. With a pool of one thread ONNX Runtime needs no
    /// thread beside its caller's, so the main thread alone may have that name.
    /// </summary>
    private static void AssertNoForeignThreads(ServerUnderTest server)
    {
        var tasks = Directory.GetDirectories($"/proc/{server.RunnerProcessId}/task")
            .Select(static task => (Id: Path.GetFileName(task), Name: File.ReadAllText(Path.Combine(task, "comm")).Trim()))
            .ToList();
        var main = tasks.Single(task => task.Id == $"{server.RunnerProcessId}");
        Assert.Equal([main], tasks.Where(task => task.Name == main.Name));
    }
}
