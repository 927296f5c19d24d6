namespace Krewe.Serving.Operators;

/// <summary>RNN, GRU and LSTM: one axis is time, another the batch, as given by <c>layout</c>.</summary>
internal static class RecurrentRules
{
    private const int Lengths = 4, FirstState = 5, LastState = 6;

    public static RowValue[] Run(OperatorCall call)
    {
        var layout = call.Integer("layout", 0);
        var (batch, time) = layout == 0 ? (1, 0) : (0, 1);
        var value = call[0];
        if (call.RowsBeside() is null)
        {
            return [RowValue.Constant()];
        }

        if (value.HasRows && value.Axis == time)
        {
            return [call.Mixed("treats the rows as time steps")];
        }

        if (!value.HasRows || value.Axis != batch || value.Rank != 3 || call.RowsBeside(0, Lengths, FirstState, LastState) is not null)
        {
            return [call.Unknown("has rows at another axis than its input")];
        }

        foreach (var (input, axis) in new[] { (Lengths, 0), (FirstState, batch), (LastState, batch) })
        {
            if (call.Has(input) && (!call[input].HasRows || call[input].Axis != axis || !call[input].Block.Equals(value.Block)))
            {
                return [call.Unknown("has a state or lengths with another number of rows")];
            }
        }

        var shape = value.Shape!.Value;
        var directions = Extent.Of(call.Text("direction") == "bidirectional" ? 2 : 1);
        var hidden = call.Attribute("hidden_size")?.Integer is { } size ? Extent.Of(size)
            : call[2].Shape is { Length: 3 } recurrence ? recurrence[2] : call.Symbols.Fresh();
        var all = layout == 0
            ? RowValue.Rows([shape[0], directions, shape[1], hidden], 2, value.Block)
            : RowValue.Rows([shape[0], shape[1], directions, hidden], 0, value.Block);
        var last = layout == 0
            ? RowValue.Rows([directions, shape[1], hidden], 1, value.Block)
            : RowValue.Rows([shape[0], directions, hidden], 0, value.Block);
        return [all, last, last];
    }
}
