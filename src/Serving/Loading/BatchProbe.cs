using Microsoft.ML.OnnxRuntime;

namespace Krewe.Serving;

/// <summary>
/// Finds out whether requests for a model may share a run. A free first dimension alone does not say so: a graph may average,
/// sort or accumulate over it. So two made-up rows are run alone and together, and must agree.
/// </summary>
internal static class BatchProbe
{
    /// <summary>True where a run of two rows gave what two runs of one row give.</summary>
    public static bool RowsAreIndependent(OnnxSession session, WarmUpSettings settings, int extent)
    {
        var inputs = session.Signature.Inputs;
        var first = MadeUpInput.Create(inputs, settings, 1, extent, seed: 1);
        var second = MadeUpInput.Create(inputs, settings, 1, extent, seed: 100);
        if (first is null || second is null)
        {
            return false;
        }

        var runs = new List<RunOutput[]>(3);
        try
        {
            foreach (var rows in (TensorData[][])[first, second, Join(first, second)])
            {
                runs.Add(session.Run(rows, default));
            }

            return Agree(runs[0], runs[1], runs[2]);
        }
        catch (OnnxRuntimeException)
        {
            return false;
        }
        finally
        {
            foreach (var output in runs.SelectMany(run => run))
            {
                output.Owner.Dispose();
            }
        }
    }

    private static TensorData[] Join(TensorData[] first, TensorData[] second) =>
        [.. first.Zip(second, (a, b) => new TensorData(a.Type, [2, .. a.Shape[1..]], (byte[])[.. a.Data.Span, .. b.Data.Span]))];

    private static bool Agree(RunOutput[] first, RunOutput[] second, RunOutput[] both)
    {
        for (var i = 0; i < both.Length; i++)
        {
            var isBatch = both[i].Shape is [2, ..] && first[i].Shape is [1, ..] && second[i].Shape is [1, ..];
            if (!isBatch
                || first[i].Data.Length + second[i].Data.Length != both[i].Data.Length
                || !OutputComparison.Agree(both[i].Type, first[i].Data.Span, both[i].Data.Span[..first[i].Data.Length])
                || !OutputComparison.Agree(both[i].Type, second[i].Data.Span, both[i].Data.Span[first[i].Data.Length..]))
            {
                return false;
            }
        }

        return true;
    }
}
