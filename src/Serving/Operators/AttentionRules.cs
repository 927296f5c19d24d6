namespace Krewe.Serving.Operators;

/// <summary>Fused transformer operators. The first axis is the batch.</summary>
internal static class AttentionRules
{
    /// <summary>Self-attention with weights: input, weights, bias, mask, past, score bias.</summary>
    public static RowValue[] Attention(OperatorCall call) => call.RowsBeside(0, 3, 4, 5) is not null || (call.Has(3) && call[3].Rank == 1)
        ? [call.ParameterFromRows()]
        : Attend(call, [4], call.Symbols.Fresh());

    /// <summary>The same, quantised with constant scales; the past is the ninth input.</summary>
    public static RowValue[] QuantisedAttention(OperatorCall call) => call.RowsBeside(0, 5, 8) is not null
        || (call.Has(5) && call[5].Rank == 1)
        ? [call.ParameterFromRows()]
        : Attend(call, [8], call.Symbols.Fresh());

    /// <summary>Separate query, key and value; pasts have the rows at the first axis.</summary>
    public static RowValue[] MultiHead(OperatorCall call)
    {
        // The standard operator broadcasts a mask to four axes, the first of which is the batch.
        if (call.Node.Domain.Length == 0 && call[3].HasRows && call[3].Rank != 4)
        {
            return [call.Unknown("has a mask whose first axis is not the batch")];
        }

        var isPacked = call[0].Rank != 3 || call[2].Rank != 3;
        return Attend(call, [], isPacked || call.Node.Domain.Length == 0 ? call.Symbols.Fresh() : call[2].Shape!.Value[2]);
    }

    /// <summary>Rotary position embedding: input, positions, tables.</summary>
    public static RowValue[] Rotary(OperatorCall call)
    {
        foreach (var input in call.Inputs)
        {
            if (input is { HasRows: true, Rank: 1 })
            {
                return [call.Unknown("has one number per row instead of a list")];
            }
        }

        return Attend(call, [], null);
    }

    /// <summary>Looks up, adds and normalises word, position and segment embeddings.</summary>
    public static RowValue[] Embed(OperatorCall call)
    {
        var ids = call[0];
        if (call.RowsBeside(0, 1, 7, 8) is not null || ids is not { HasRows: true, Axis: 0, Shape: { Length: 2 } shape })
        {
            return [call.RowsBeside() is null ? RowValue.Constant() : call.ParameterFromRows()];
        }

        foreach (var input in new[] { 1, 7, 8 })
        {
            if (call[input].HasRows && (call[input].Axis != 0 || !call[input].Block.Equals(ids.Block)))
            {
                return [call.Unknown("has an input with the rows at another axis than the first input")];
            }
        }

        var width = call[2].Shape is { Length: 2 } table ? table[1] : call.Symbols.Fresh();
        var words = ids.WithShape(shape.Add(width), 0);
        return [words, ids.WithShape([shape[0]], 0), words];
    }

    /// <summary>All inputs with rows have them at the first axis; <paramref name="past"/> at the second.</summary>
    private static RowValue[] Attend(OperatorCall call, ReadOnlySpan<int> past, Extent? width)
    {
        if (call.RowsBeside() is null)
        {
            return [RowValue.Constant()];
        }

        if (call[0] is not { HasRows: true, Axis: 0, Shape: { Length: 3 or 4 } shape } lead)
        {
            return [call[0].HasRows ? call.Mixed("treats the rows as steps of a sequence")
                : call.Unknown("has no rows in its first input")];
        }

        for (var i = 1; i < call.Inputs.Length; i++)
        {
            if (call[i].HasRows && (call[i].Axis != (past.Contains(i) ? 1 : 0) || !call[i].Block.Equals(lead.Block)))
            {
                return [call.Unknown("has an input with the rows at another axis than the first input")];
            }
        }

        var cache = RowValue.Rows([call.Symbols.Fresh(), shape[0], call.Symbols.Fresh(), call.Symbols.Fresh(), call.Symbols.Fresh()], 1,
            lead.Block);
        var split = RowValue.Rows([shape[0], call.Symbols.Fresh(), call.Symbols.Fresh(), call.Symbols.Fresh()], 0, lead.Block);
        var result = lead.WithShape(width is null ? shape : shape.SetItem(shape.Length - 1, width), 0);
        return past.IsEmpty ? [result, split, split, split] : [result, cache];
    }
}
