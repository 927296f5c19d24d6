using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;

namespace Krewe.Conformance.Tests.Hostile;

/// <summary>Sends hostile requests from several callers and judges every answer.</summary>
internal sealed class HostileRun(Uri address, ulong seed, int callers)
{
    private readonly HostileRequests requests = new(seed);
    private readonly ConcurrentDictionary<int, int> byStatus = new();
    private readonly ConcurrentQueue<string> faults = new();
    private int next;

    /// <summary>Answers by status; 0 stands for none.</summary>
    public IReadOnlyDictionary<int, int> ByStatus => byStatus;

    /// <summary>What went wrong, with the request that did it.</summary>
    public IReadOnlyCollection<string> Faults => faults;

    /// <summary>Goes on to the request of this number.</summary>
    public Task SendUpToAsync(int end) => Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(() => CallAsync(end))));

    public override string ToString() => string.Join(", ", byStatus.OrderBy(static pair => pair.Key)
        .Select(static pair => pair.Key == 0 ? $"{pair.Value} without an answer" : $"{pair.Value} × {pair.Key}"));

    private async Task CallAsync(int end)
    {
        using var connection = new HostileConnection(address);
        while (Interlocked.Increment(ref next) is var number && number <= end)
        {
            var request = requests[number];
            try
            {
                var answer = await connection.SendAsync(request);
                byStatus.AddOrUpdate(answer.Status, 1, static (_, count) => count + 1);
                if (FaultOf(request, answer) is { } fault)
                {
                    faults.Enqueue($"number {number}, seed {seed}: {fault}\n{request}");
                }
            }
            catch (Exception error) when (error is TimeoutException or System.Net.Sockets.SocketException)
            {
                faults.Enqueue($"number {number}, seed {seed}: {error.Message}\n{request}");
            }
        }

        Interlocked.Decrement(ref next);
    }

    private static string? FaultOf(HostileRequest request, HostileAnswer answer) => answer.Status switch
    {
        0 when request.End == HostileEnd.Answer => "a whole request got no answer",
        503 when HostileModels.MayBeUnavailable(request.Model) => FaultOfText(answer),
        504 when Encoding.UTF8.GetString(request.Bytes).Contains("timeout", StringComparison.Ordinal) => FaultOfText(answer),
        >= 500 => $"status {answer.Status}: {Encoding.UTF8.GetString(answer.Body)}",
        >= 400 => FaultOfText(answer),
        _ => null,
    };

    private static string? FaultOfText(HostileAnswer answer)
    {
        try
        {
            using var json = JsonDocument.Parse(answer.Body);
            return json.RootElement.GetProperty("error").GetString() is { Length: > 0 and < 2000 } ? null : "an error without a reasonable text";
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return $"status {answer.Status} without the JSON of an error: '{Encoding.UTF8.GetString(answer.Body)}'";
        }
    }
}
