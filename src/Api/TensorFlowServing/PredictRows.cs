using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Tensors;
using Krewe.Api.Settings;
using Krewe.Api.TensorJson;

namespace Krewe.Api.TensorFlowServing;

/// <summary>Reads instances that are objects by input name; stacks each input along a new first dimension.</summary>
internal sealed class PredictRows(ModelMetadata metadata, ApiLimits limits)
{
    private readonly List<PredictColumn> columns = [];
    private int rows;

    /// <summary>Reads the instances after the opening bracket; the caller owns the tensors.</summary>
    public List<Tensor> Read(ref JsonCursor cursor)
    {
        try
        {
            for (var first = true; cursor.NextItem(ref first); rows++)
            {
                ReadRow(ref cursor);
            }

            return columns.ConvertAll(column => column.ToTensor());
        }
        catch
        {
            columns.ForEach(column => column.Dispose());
            throw;
        }
    }

    private void ReadRow(ref JsonCursor cursor)
    {
        cursor.OpenObject("an instance");
        for (var first = true; cursor.NextMember(ref first, out var name);)
        {
            var spec = PredictInputs.Find(metadata, name, cursor);
            var column = ColumnOf(spec, cursor);
            if (column.Rows > rows)
            {
                throw cursor.Wrong($"instances[{rows}] has '{spec.Name}' twice: expected it once");
            }

            column.Add(ref cursor);
        }

        foreach (var column in columns)
        {
            if (column.Rows <= rows)
            {
                throw cursor.Wrong($"instances[{rows}] has no '{column.Name}': expected the same inputs in every instance");
            }
        }
    }

    private PredictColumn ColumnOf(TensorSpec spec, scoped in JsonCursor cursor)
    {
        foreach (var column in columns)
        {
            if (column.Name == spec.Name)
            {
                return column;
            }
        }

        if (rows > 0)
        {
            throw cursor.Wrong(
                $"instances[{rows}] has '{spec.Name}', earlier instances do not: expected the same inputs in every instance");
        }

        var added = new PredictColumn(spec, limits);
        columns.Add(added);
        return added;
    }
}
