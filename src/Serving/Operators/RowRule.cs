namespace Krewe.Serving.Operators;

/// <summary>
/// What an operator makes of the rows of its inputs, of which none is mixed or unknown. Where a node has more outputs than the rule
/// gives values, the last value is that of all others.
/// </summary>
internal delegate RowValue[] RowRule(OperatorCall call);
