using System.Diagnostics;
using Krewe.Serving.OnnxRuntime;
using Krewe.Serving.Operators;
using Krewe.Serving.Tests.Repository;

namespace Krewe.Serving.Tests.Operators;

/// <summary>Holds the table of operators against ONNX Runtime, over graphs put together at random.</summary>
[Trait("category", "slow")]
public sealed class RowPropertyTests(ITestOutputHelper output) : IDisposable
{
    private const int Graphs = 10_000;
    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Rows_proven_independent_give_the_same_answers_beside_hostile_rows()
    {
        OnnxRuntimeEnvironment.EnsureStarted();
        var counts = new int[3];
        var different = new int[3];
        var operators = new SortedDictionary<string, int[]>(StringComparer.Ordinal);
        var faults = new List<string>();
        var (seed, ran, start) = (0, 0, Stopwatch.GetTimestamp());
        for (; ran < Graphs; seed++)
        {
            var dice = new GraphDice(seed);
            using var trial = GraphTrial.Load(dice.Model.ToBytes(), folder["model.onnx"]);
            var didRun = false;
            var difference = trial?.FindDifference(seed, out didRun);
            if (!didRun)
            {
                continue;
            }

            ran++;
            var verdict = trial!.Verdict;
            counts[(int)verdict.Dependence]++;
            different[(int)verdict.Dependence] += difference is null ? 0 : 1;
            foreach (var name in dice.Operators.Distinct())
            {
                operators.TryAdd(name, new int[3]);
                operators[name][(int)verdict.Dependence]++;
            }

            if (verdict.Dependence == RowDependence.Independent && difference is not null)
            {
                faults.Add($"seed {seed}, {string.Join(' ', dice.Operators)}: {difference}");
            }
        }

        output.WriteLine($"{ran} graphs of {seed} in {Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s");
        foreach (var dependence in Enum.GetValues<RowDependence>())
        {
            var (all, some) = (counts[(int)dependence], different[(int)dependence]);
            output.WriteLine($"{dependence}: {all}, of which {some} answered otherwise beside others");
        }

        foreach (var (name, verdicts) in operators)
        {
            output.WriteLine($"  {name}: {string.Join(' ', verdicts)}");
        }

        Assert.True(faults.Count == 0, $"{faults.Count} graphs are not what was proven:\n{string.Join('\n', faults.Take(20))}");
        Assert.True(counts[(int)RowDependence.Independent] > Graphs * 0.3, "too few graphs are proven independent");
        Assert.True(counts[(int)RowDependence.Dependent] > Graphs * 0.2, "too few graphs are proven dependent");
        Assert.True(counts[(int)RowDependence.Undecided] < Graphs * 0.15, "too many graphs are undecided");
        Assert.True(
            different[(int)RowDependence.Dependent] > counts[(int)RowDependence.Dependent] * 0.7,
                "too many are called dependent whose rows are not");
    }
}
