using System.Text.Json;
using Krewe.Conformance.Tests.Server;

namespace Krewe.Conformance.Tests.Operators;

/// <summary>
/// Over a thousand stored models, most of one operator each, served by one process: through HTTP, as JSON and as binary data, they
/// give bit for bit what ONNX Runtime gives in this process.
/// </summary>
public sealed class OperatorConformanceTests
{
    private const int FewestCompared = 900;
    private const int Callers = 4;

    [Fact]
    public async Task Stored_models_answer_exactly_as_onnx_runtime_does()
    {
        var cases = OperatorCase.FindAll();
        if (cases.Count == 0)
        {
            const string Missing = $"OPERATOR MODELS NOT COMPARED: {OperatorCase.Folder} is not here (Debian's package libonnx-testdata has it)";
            Summary.Say(Missing);
            Assert.Skip(Missing);
        }

        using var models = new ModelsFolder();
        foreach (var stored in cases)
        {
            models.Add(stored.Model, 1, stored.ReadModel());
        }

        await using var server = await ServerUnderTest.StartAsync(models.Path);
        var tally = new Tally();
        var check = new OperatorCheck(server.Client, tally);
        await Parallel.ForEachAsync(
            cases,
            new ParallelOptions { MaxDegreeOfParallelism = Callers, CancellationToken = TestContext.Current.CancellationToken },
            async (stored, _) => await check.CheckAsync(stored));

        Summary.Say($"Operators: {cases.Count} models: {tally}");
        Assert.True(tally.Faults.Count == 0, $"{tally.Faults.Count} faults:\n{string.Join('\n', tally.Faults.Order())}");
        Assert.True(tally[OperatorCheck.AsBinary] >= FewestCompared, $"at least {FewestCompared} models must be compared as binary data");
        Assert.True(tally[OperatorCheck.AsJson] >= FewestCompared, $"at least {FewestCompared} models must be compared as JSON");
        await ExpectListedUnavailableAsync(server.Client, check.Unavailable);
    }

    private static async Task ExpectListedUnavailableAsync(HttpClient client, IEnumerable<string> models)
    {
        using var response = await client.PostAsync("/v2/repository/index", null, TestContext.Current.CancellationToken);
        using var index = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        var listed = index.RootElement.EnumerateArray()
            .Where(static row => row.GetProperty("state").GetString() == "UNAVAILABLE" && row.GetProperty("reason").GetString()!.Length > 0)
            .Select(static row => row.GetProperty("name").GetString()!);
        Assert.Equal(models.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }
}
