namespace Krewe.Serving.Operators;

/// <summary>Classical machine learning operators: tables with one sample per row.</summary>
internal static class LearningRules
{
    /// <summary>One number, or one list of numbers, per sample.</summary>
    public static RowValue[] Predict(OperatorCall call)
    {
        var value = call[0];
        if (Fault(call) is { } fault)
        {
            return [fault];
        }

        if (!value.HasRows)
        {
            return [RowValue.Constant()];
        }

        var labels = value.WithShape([value.Shape!.Value[0]], 0);
        var scores = value.WithShape([value.Shape!.Value[0], call.Symbols.Fresh()], 0);
        return call.Node.Operator.EndsWith("Classifier", StringComparison.Ordinal) ? [labels, scores] : [scores];
    }

    /// <summary>A table of the same shape, computed per sample.</summary>
    public static RowValue SameShape(OperatorCall call) => Fault(call) ?? call[0].WithOtherNumbers();

    /// <summary>Concatenates tables by column.</summary>
    public static RowValue Vectorize(OperatorCall call)
    {
        foreach (var input in call.Inputs)
        {
            if (input is not { HasRows: true, Axis: 0, Rank: 2, Block.IsOne: true })
            {
                return call.RowsBeside() is null ? RowValue.Constant() : call.Unknown("concatenates an input that is not a table of rows");
            }
        }

        return call.Inputs.IsEmpty ? RowValue.Constant() : call[0].WithShape([Extent.Batch, call.Symbols.Fresh()], 0);
    }

    /// <summary>Expands each element to a list.</summary>
    public static RowValue OneHotEncode(OperatorCall call) => call[0].Shape is { } shape
        ? call[0].WithShape(shape.Add(call.Symbols.Fresh()), call[0].Axis)
        : call[0].WithOtherNumbers();

    /// <summary>Selects columns by a constant list.</summary>
    public static RowValue ExtractFeatures(OperatorCall call)
    {
        var value = call[0];
        return call.RowsBeside(0) is not null ? call.ParameterFromRows()
            : !value.HasRows ? RowValue.Constant()
            : value.Axis == value.Rank - 1 ? call.Mixed("selects some of the rows")
            : value.WithShape(value.Shape!.Value.SetItem(value.Rank!.Value - 1, call.Symbols.Fresh()), value.Axis);
    }

    /// <summary>Counts words over the last axis.</summary>
    public static RowValue CountWords(OperatorCall call) => call[0] is not { HasRows: true, Shape: { } shape } value ? RowValue.Constant()
        : value.Axis == shape.Length - 1 ? call.Mixed("counts over all rows of a run")
        : value.WithShape(shape.SetItem(shape.Length - 1, call.Symbols.Fresh()), value.Axis);

    /// <summary>Pads all lists to the length of the longest one, which may belong to another row.</summary>
    public static RowValue PadToLongest(OperatorCall call) => call.RowsBeside() is null
        ? RowValue.Constant()
        : call.Mixed("pads lists to the longest one in all rows of a run");

    private static RowValue? Fault(OperatorCall call) => call[0] switch
    {
        { HasRows: true, Rank: 1 } => call.Mixed("treats the whole run as one sample"),
        { HasRows: true, Axis: not 0 } => call.Mixed("treats the rows as features"),
        { HasRows: true, Rank: not 2 } => call.Unknown("has an input that is not a table of samples"),
        _ => null,
    };
}
