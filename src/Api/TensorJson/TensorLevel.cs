using System.Globalization;
using System.Text;

namespace Krewe.Api.TensorJson;

/// <summary>Which array of a tensor's data is being read: the one of a dimension, or the one that holds everything.</summary>
internal readonly ref struct TensorLevel(TensorSubject subject, int dimension, bool IsFlat)
{
    /// <summary>The tensor.</summary>
    public TensorSubject Subject { get; } = subject;

    /// <summary>True where one array holds all elements.</summary>
    public bool IsFlat { get; } = IsFlat;

    /// <summary>The path to this array, or to an element of it: <c>data[1][0]</c>, from the number of elements read before.</summary>
    public string Path(long elementsRead, bool ofElement)
    {
        var path = new StringBuilder("data");
        if (IsFlat)
        {
            return ofElement ? path.Append(CultureInfo.InvariantCulture, $"[{elementsRead}]").ToString() : path.ToString();
        }

        var last = dimension + (ofElement ? 1 : 0);
        for (var i = 0; i < last; i++)
        {
            long below = 1;
            foreach (var length in Subject.Shape[(i + 1)..])
            {
                below *= length;
            }

            path.Append(CultureInfo.InvariantCulture, $"[{(below == 0 ? 0 : elementsRead / below % Math.Max(1, Subject.Shape[i]))}]");
        }

        return path.ToString();
    }
}
