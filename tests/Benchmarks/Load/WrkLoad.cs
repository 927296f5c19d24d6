using System.Globalization;
using System.Text.RegularExpressions;

namespace Krewe.Benchmarks.Load;

/// <summary>The load generator <c>wrk</c>, from the path.</summary>
internal sealed partial class WrkLoad : ILoadGenerator
{
    private const int Threads = 2;

    private const string Script = """
        wrk.method = "POST"
        wrk.path = "PATH"
        wrk.headers["NAME"] = "VALUE"
        local file = io.open("BODY", "rb")
        wrk.body = file:read("*a")
        file:close()
        done = function(summary, latency, requests)
          local e = summary.errors
          io.write(string.format("RESULT %d %d %d\n", summary.requests, summary.duration,
            e.status + e.connect + e.read + e.write + e.timeout))
        end
        """;

    private static string? Path => Environment.GetEnvironmentVariable("PATH")?.Split(':')
        .Select(folder => System.IO.Path.Combine(folder, "wrk")).FirstOrDefault(File.Exists);

    public static bool IsInstalled => Path is not null;

    public string Description => $"wrk with {Threads} threads";

    public async Task<LoadResult> RunAsync(
        int port, HttpRequestBytes request, int callers, TimeSpan duration, CancellationToken cancellationToken)
    {
        var (script, body, header) = (System.IO.Path.GetTempFileName(), System.IO.Path.GetTempFileName(), request.Header.Split(": "));
        try
        {
            await File.WriteAllBytesAsync(body, request.Body, cancellationToken);
            await File.WriteAllTextAsync(script, Script.Replace("PATH", request.Path, StringComparison.Ordinal)
                .Replace("BODY", body, StringComparison.Ordinal).Replace("NAME", header[0], StringComparison.Ordinal)
                .Replace("VALUE", header[1], StringComparison.Ordinal), cancellationToken);

            // wrk counts whole seconds.
            var seconds = Math.Max(1, (int)Math.Round(duration.TotalSeconds));
            var threads = Math.Min(Threads, callers);
            await using var process = ProgramProcess.StartCommand(
                [Path!, $"-t{threads}", $"-c{callers}", $"-d{seconds}s", "--timeout", "30s", "-s", script, $"http://127.0.0.1:{port}"]);
            try
            {
                return Read((await process.EndAsync(duration + ProgramProcess.Timeout).WaitAsync(cancellationToken)).Output);
            }
            catch (OperationCanceledException)
            {
                process.Kill();
                throw;
            }
        }
        finally
        {
            File.Delete(script);
            File.Delete(body);
        }
    }

    private static LoadResult Read(string output)
    {
        var match = Result().Match(output);
        return match.Success
            ? new LoadResult(Number(1), TimeSpan.FromMicroseconds(Number(2)), Number(3))
            : throw new InvalidOperationException($"wrk gave no result: {output}");

        long Number(int group) => long.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"RESULT (\d+) (\d+) (\d+)")]
    private static partial Regex Result();
}
